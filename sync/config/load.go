package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"acsync/sync/httpx"
)

// maxFile is the size in bytes beyond which a file is no configuration.
const maxFile = 256 << 10

// Source says where a configuration comes from. The zero Source gives the defaults.
type Source struct {
	// Path names the TOML file. Empty: none is read, and paths are relative to the working directory.
	Path string
	// set by [Folder.Source]: the configuration is one of a folder
	tenant string // its name
	dir    string // the folder
	// Plain leaves the secrets where they are kept, for a look at what is configured: no file is opened and no
	// command is started for one. Those that stand in the configuration itself are read.
	Plain bool
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
	d.readFiles(s)
	d.readEnvironment(s)
	settleSecrets(&d.cfg, &d.checker, func(at origin) bool { return at.file == "" && at.source != "" })
	if s.tenant != "" {
		nameTenant(&d.cfg, &d.checker, s.dir, s.tenant)
	} else {
		refusePlaceholders(&d.cfg, &d.checker)
	}
	if s.Path != "" {
		d.resolvePaths(s)
	}
	// A blank at its end, as a file of variables can have, makes no other machine of it.
	if name := strings.TrimSpace(d.cfg.Ledger.Machine); name != "" {
		d.cfg.Ledger.Machine = name
	}
	d.findSecrets(s)
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

// inlineSecret is a secret that stands in a configuration file itself.
type inlineSecret struct {
	key  string
	at   origin
	open bool // others can read that file
}

// draft is a configuration while one layer after the other is put on it, with what is wrong with it.
type draft struct {
	checker
	cfg      Config
	warnings []string
	// what stands in a configuration file itself, before another layer covers it
	inline []inlineSecret
	// a file of a folder said that it takes the rules of all, or not; nil: none said so
	inherit *bool
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

// readFiles decodes the configuration file: of a folder, what holds for all before it.
func (d *draft) readFiles(s Source) {
	if s.tenant != "" {
		common := Source{Path: filepath.Join(s.dir, DefaultsFile), tenant: s.tenant}
		if _, err := os.Lstat(common.Path); !errors.Is(err, fs.ErrNotExist) {
			d.readLayer(common)
			if at, given := d.origins[inheritRules]; given {
				d.faultAt(at, inheritRules, "is for the file of a tenant, which takes these rules or does not")
			}
		}
	}
	if s.Path == "" {
		return
	}
	rules, place := d.cfg.Rules, setRulesAside(&d.checker)
	d.cfg.Rules, d.inherit = nil, nil
	d.readLayer(s)
	if d.inherit == nil || *d.inherit {
		putRulesBefore(&d.cfg, &d.checker, rules, place)
		d.own = s.Path
	}
}

// readLayer decodes one file, and settles where each secret that it tells of is kept.
func (d *draft) readLayer(s Source) {
	open := d.readFile(s)
	of := func(at origin) bool { return at.file == s.Path }
	for _, key := range secrets {
		if at := d.origins[key]; of(at) && d.cfg.Secret(key).IsSet() {
			d.inline = append(d.inline, inlineSecret{key, at, open})
		}
	}
	settleSecrets(&d.cfg, &d.checker, of)
}

// readFile decodes a configuration file, and reports whether others can get at what stands in the very file
// that it read.
func (d *draft) readFile(s Source) (open bool) {
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
		if s.tenant != "" {
			d.faults[len(d.faults)-1].Todo = "acsync tenants list shows which tenants there are"
		}
	case err != nil:
		d.faultAt(whole, "", err.Error())
	default:
		doc := document{s.Path, strings.SplitAfter(string(text), "\n")}
		if at, problem := doc.notText(); problem != "" {
			d.faultAt(at, "", problem)
			break
		}
		decode(d, doc, s.tenant != "")
	}
	return open
}

// resolvePaths lets relative paths begin at the configuration file that they stand in, under the name that
// this was given; those of variables at the configuration file, or at the folder of many.
func (d *draft) resolvePaths(s Source) {
	for _, key := range pathKeys {
		path := field(&d.cfg, key)
		name := path.String()
		word := key == "ledger.witness" && !namesPath(name)
		if name == "" || word || filepath.IsAbs(name) {
			continue
		}
		of := s.Path
		if s.tenant != "" {
			of = cmp.Or(d.origins[key].file, filepath.Join(s.dir, DefaultsFile))
		}
		here, there := directories(of)
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

// findSecrets gets each secret from where it is kept, and refuses one in a configuration file that is open to
// others. What the stand-ins on this machine accept is no secret.
func (d *draft) findSecrets(s Source) {
	for _, each := range d.inline {
		if each.open && !d.local(each.key) {
			d.faultAt(each.at, each.key, "stands in a file that others can read; run chmod 600 on the file, or set "+
				variableName(each.key)+" or "+fileKey(each.key))
		}
	}
	if s.Plain {
		return
	}
	for _, secret := range secrets {
		keys := sourcesOf(secret)
		if slices.ContainsFunc(keys, func(key string) bool { return d.faulty[key] }) {
			continue
		}
		for _, key := range keys[1:] {
			if v := field(&d.cfg, key); !v.IsZero() && !emptyList(v) {
				d.findSecret(s, secret, key)
			}
		}
	}
}

// findSecret gets a secret from the place that one of its keys names.
func (d *draft) findSecret(s Source, secret, key string) {
	text, open, what, err := "", false, "", error(nil)
	switch v := field(&d.cfg, key); strings.TrimPrefix(key, secret) {
	case byFile:
		what = "the file that it names "
		text, open, err = readSecret(v.String())
	case byVariable:
		what = "the environment variable that it names "
		text, err = fromVariable(s.Env, v.String())
	case byCommand:
		what = "the command "
		text, err = fromCommand(d.commandOf(s, key), s.Env)
	case byCredential:
		text, err = fromCredential(s.Env, v.String())
	}
	if err != nil {
		d.faultAt(d.origins[key], key, what+err.Error())
		return
	}
	if open && !d.local(secret) {
		d.warnings = append(d.warnings, "the file that "+key+" names is not for its owner alone: others "+
			"on this machine can get at the key; run chmod 600 on it")
	}
	field(&d.cfg, secret).Set(reflect.ValueOf(NewSecret(text)))
	d.origins[secret] = d.origins[key]
}

// commandOf is the command that a key gives. A program with a relative path is found as other paths are.
func (d *draft) commandOf(s Source, key string) []string {
	command := slices.Clone(field(&d.cfg, key).Interface().([]string))
	program := filepath.FromSlash(command[0])
	if !filepath.IsAbs(program) && program != filepath.Base(program) {
		of := cmp.Or(d.origins[key].file, s.Path)
		if s.tenant != "" {
			of = cmp.Or(d.origins[key].file, filepath.Join(s.dir, DefaultsFile))
		}
		here, _ := directories(of)
		command[0] = filepath.Join(here, program)
	}
	return command
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
		return err == nil && !HasPassword(u)
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
