package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"acsync/sync/httpx"
)

// maxFile is the size in bytes beyond which a file is no configuration.
const maxFile = 256 << 10

// maxSecret is the size in bytes beyond which a file holds no key.
const maxSecret = 64 << 10

// Source says where a configuration comes from. The zero Source gives the defaults.
type Source struct {
	// Path names the TOML file. Empty: none is read, and paths are relative to the working directory.
	Path string
	// Text is what the file is going to hold, when it is not there yet. Nil: it is read.
	Text []byte
	Env  []string // "K=V", as os.Environ returns it
	// ReadOnly lets a variable that resembles a key be a warning: for a command that only tells what is.
	ReadOnly bool
	// applied last, before validation; paths that it sets are taken as they are
	Override func(*Config)
	Check    func(Config) []Problem // finds what is wrong with the expressions; nil: they are not looked at
	// is told where each key has come from that is not at its default, such as "config.toml:12" or the name of a
	// variable, before anything is refused; nil: nobody is
	Origins func(map[string]string)
	Warn    func(text string) // is told what is not as it should be, and works; nil: nobody is
}

// Problem is what a check of the expressions found. What expressions mean is for the caller to know; this
// package knows where they stand.
type Problem struct {
	Rule    int      // of Config.Rules, from 1; 0 for a section
	Section string   // "recovery"; empty for the section mapping
	Path    []string // the keys below: "when", "brand", or "set", "custom_properties" and a name
	At      int      // the character of the expression, from 1; 0 for all of it
	Message string
}

// Load reads, merges and checks a configuration. Its only errors are [Faults], all of them at once. What a
// pass needs besides is for [Config.Ready] to say.
func Load(s Source) (Config, error) {
	d := &draft{checker: newChecker(), cfg: Default()}
	open := d.readFile(s)
	inline := d.inlineSecrets()
	d.readEnvironment(s)
	if s.Path != "" {
		d.resolvePaths(s)
	}
	// A blank at its end, as a file of variables can have, makes no other machine of it.
	if name := strings.TrimSpace(d.cfg.Ledger.Machine); name != "" {
		d.cfg.Ledger.Machine = name
	}
	d.findSecrets(inline, open)
	if s.Override != nil {
		d.override(s.Override)
	}
	if s.Origins != nil {
		s.Origins(d.sources())
	}
	d.cfg.check(&d.checker)
	if s.Check != nil {
		d.place(s.Check(d.cfg))
	}
	if len(d.faults) > 0 {
		return Config{}, d.faults.sorted()
	}
	if err := d.cfg.UnknownZone(s.Env); err != nil {
		d.warnings = append(d.warnings, err.Error()+"; until then times are shown in UTC")
	}
	if s.Warn != nil {
		for _, each := range d.warnings {
			s.Warn(each)
		}
	}
	return d.cfg, nil
}

// draft is a configuration while one layer after the other is put on it, with what is wrong with it.
type draft struct {
	checker
	cfg      Config
	warnings []string
}

// sources are the places that the keys have come from, for people.
func (d *draft) sources() map[string]string {
	list := make(map[string]string, len(d.origins))
	for key, at := range d.origins {
		switch {
		case at.file != "" && at.line > 0:
			list[key] = fmt.Sprintf("%s:%d", at.file, at.line)
		default:
			list[key] = cmp.Or(at.file, at.source)
		}
	}
	return list
}

// readFile decodes the configuration file, and reports whether others can get at what stands in the very file
// that it read.
func (d *draft) readFile(s Source) (open bool) {
	if s.Path == "" {
		return false
	}
	whole := origin{file: s.Path, source: SourceFile}
	text, err := s.Text, error(nil)
	if text == nil {
		var info fs.FileInfo
		text, info, err = readRegular(s.Path, maxFile, "configuration")
		open = err == nil && exposed(s.Path, info)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.faultAt(whole, "", "does not exist")
		d.faults[len(d.faults)-1].Todo = "create it with acsync init, or name another with --config"
	case err != nil:
		d.faultAt(whole, "", err.Error())
	default:
		doc := document{s.Path, strings.SplitAfter(string(text), "\n")}
		if at, problem := doc.notText(); problem != "" {
			d.faultAt(at, "", problem)
			break
		}
		decode(d, doc)
	}
	return open
}

// resolvePaths lets relative paths begin at the configuration file, under the name that this was given.
func (d *draft) resolvePaths(s Source) {
	here := filepath.Dir(s.Path)
	if full, err := filepath.Abs(here); err == nil {
		here = full
	}
	there := here
	if real, err := filepath.EvalSymlinks(filepath.Join(here, filepath.Base(s.Path))); err == nil {
		there = filepath.Dir(real)
	}
	for _, key := range pathKeys {
		path := field(&d.cfg, key)
		name := path.String()
		word := key == "ledger.witness" && !namesPath(name)
		if name == "" || word || filepath.IsAbs(name) {
			continue
		}
		path.SetString(filepath.Join(here, name))
		// What the caller puts in their place does not depend on the file.
		if s.Override == nil {
			d.checkLinked(key, path.String(), filepath.Join(there, name))
		}
	}
}

// checkLinked looks for a second file that a relative path may mean, beside the one to which the
// configuration file is a link.
func (d *draft) checkLinked(key, taken, other string) {
	second, err := os.Stat(other)
	if err != nil {
		return
	}
	const which = "; write the absolute path of the one that is meant"
	switch first, err := os.Stat(taken); {
	case errors.Is(err, fs.ErrNotExist):
		d.fault(key, "is relative, and the configuration file is a link: %s would be taken and does not exist, "+
			"while %s does%s", taken, other, which)
	case err == nil && !os.SameFile(first, second):
		d.warnings = append(d.warnings, fmt.Sprintf("%s is relative, and the configuration file is a link: %s "+
			"is taken, and %s is not%s", key, taken, other, which))
	}
}

// inlineSecrets are those in the configuration file itself, before the environment covers them.
func (d *draft) inlineSecrets() map[string]origin {
	inline := map[string]origin{}
	for _, key := range secrets {
		if !field(&d.cfg, key).Interface().(Secret).IsSet() {
			continue
		}
		inline[key] = d.origins[key]
		if field(&d.cfg, fileKey(key)).String() != "" {
			d.faultAt(d.origins[key], key, fileKey(key)+" is given as well: keep one of the two")
		}
	}
	return inline
}

// findSecrets finds each secret where it is kept, and refuses one in a configuration file that is open to
// others. What the stand-ins on this machine accept is no secret.
func (d *draft) findSecrets(inline map[string]origin, exposed bool) {
	for _, key := range secrets {
		local := d.local(key)
		if at, given := inline[key]; given && exposed && !local {
			d.faultAt(at, key, "stands in a file that others can read; run chmod 600 on the file, or set "+
				variableName(key)+" or "+fileKey(key))
		}
		inFile, path := fileKey(key), field(&d.cfg, fileKey(key)).String()
		fromEnv := d.origins[key].source == variableName(key)
		if fromEnv && d.origins[inFile].source == variableName(inFile) {
			d.faultAt(d.origins[key], key, variableName(inFile)+" is given as well: keep one of the two")
		}
		if path == "" || fromEnv || d.faulty[inFile] {
			continue
		}
		text, open, err := readSecret(path)
		if err != nil {
			d.faultAt(d.origins[inFile], inFile, "the file that it names "+err.Error())
			continue
		}
		if open && !local {
			d.warnings = append(d.warnings, "the file that "+inFile+" names is not for its owner alone: others "+
				"on this machine can get at the key; run chmod 600 on it")
		}
		field(&d.cfg, key).Set(reflect.ValueOf(NewSecret(text)))
		d.origins[key] = d.origins[inFile]
	}
}

// local reports whether a secret is for a service on this machine.
func (d *draft) local(secret string) bool {
	section, _, _ := strings.Cut(secret, ".")
	switch section {
	case "notify":
		return httpx.Loopback(d.cfg.Secret(secret).Reveal())
	case "ledger":
		// Without a password there is nothing to keep.
		u, err := url.Parse(d.cfg.Ledger.URL.Reveal())
		return err == nil && (u.User == nil || u.User.String() == u.User.Username())
	}
	return httpx.Loopback(field(&d.cfg, section+".base_url").String())
}

// override lets the caller change the configuration; what it changed no longer has its old place.
func (d *draft) override(change func(*Config)) {
	before := d.cfg.clone()
	change(&d.cfg)
	for _, key := range scalarKeys() {
		if !reflect.DeepEqual(field(&before, key).Interface(), field(&d.cfg, key).Interface()) {
			maps.DeleteFunc(d.origins, func(name string, _ origin) bool {
				return name == key || strings.HasPrefix(name, key+".")
			})
		}
	}
}

// place adds what the caller's check of the expressions found. A character of an expression is placed in the
// file where it stands; where it cannot be, it is counted.
func (d *draft) place(problems []Problem) {
	for _, problem := range problems {
		key := cmp.Or(problem.Section, "mapping")
		if problem.Rule > 0 {
			key = ruleKey("rule", problem.Rule)
		}
		for _, name := range problem.Path {
			key = join(key, name)
		}
		if d.faulty[key] {
			continue
		}
		at, _ := nearest(d.origins, key)
		message := problem.Message
		switch {
		case problem.At == 0:
		case at.text > 0:
			at.column = at.text + problem.At - 1
		case problem.At > 1:
			message = fmt.Sprintf("at character %d: %s", problem.At, message)
		}
		d.faultAt(at, key, message)
	}
}

// readSecret returns the key in a file, and whether others can get at it there.
func readSecret(path string) (text string, open bool, err error) {
	raw, info, err := readRegular(path, maxSecret, "key")
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, errors.New("does not exist (relative paths begin at the configuration file)")
	}
	text = strings.TrimSpace(string(raw))
	if err = cmp.Or(err, httpx.CheckKey(text)); err != nil {
		return "", false, err
	}
	return text, exposed(path, info), nil
}

// readRegular returns the text of a file, without a UTF-8 byte order mark, which some editors put in front,
// and what is known of the very file it read. It opens nothing that would keep the program waiting for a writer,
// such as a named pipe. Its errors show neither path nor content: people do paste a key where its file should
// be named. A file longer than limit, in bytes, is not what it is said to be.
func readRegular(path string, limit int64, what string) (text []byte, info fs.FileInfo, err error) {
	info, err = os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, nil, errors.New("is a directory; name the file in it")
	case err == nil && !info.Mode().IsRegular():
		return nil, nil, errors.New("is no regular file; name one (a pipe or a device cannot be read)")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot be opened: %w", cause(err))
	}
	defer f.Close()
	if info, err = f.Stat(); err == nil {
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("cannot be read: %w", cause(err))
	case int64(len(text)) > limit:
		return nil, nil, fmt.Errorf(
			"is larger than %d KiB, which no %s is; is it the right file?", limit>>10, what)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), info, nil
}

func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
