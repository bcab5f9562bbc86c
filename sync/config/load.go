package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// maxFile is the size in bytes beyond which a file is no configuration.
const maxFile = 256 << 10

// Source says where a configuration comes from. The zero Source gives the defaults.
type Source struct {
	Path     string                 // the TOML file; empty: none is read, and relative paths are relative to the working directory
	Optional bool                   // a missing file is fine: defaults and environment
	Env      []string               // "K=V", as os.Environ returns it
	Override func(*Config)          // applied last, before validation; paths that it sets are taken as they are
	Check    func(Config) []Problem // finds what is wrong with the expressions; nil: they are not looked at
}

// Load reads, merges and checks a configuration. Its only errors are [Faults], all of them at once. What a pass needs
// besides is for [Config.Ready] to say.
func Load(s Source) (Config, error) {
	l := &loader{cfg: Default(), source: s, origins: map[string]origin{}, inFile: map[string]origin{}, faulty: map[string]bool{}}
	l.readFile()
	l.noteFileSecrets()
	l.readEnvironment()
	l.resolvePaths()
	l.readSecrets()
	l.override()
	l.validate()
	l.check()
	if len(l.faults) > 0 {
		return Config{}, l.faults.sorted()
	}
	return l.cfg, nil
}

// loader is one call of Load.
type loader struct {
	cfg     Config
	source  Source
	mode    fs.FileMode       // of the configuration file
	origins map[string]origin // by key; a key without one has its default
	inFile  map[string]origin // of the secrets that stand in the configuration file itself
	faults  Faults
	faulty  map[string]bool // keys with a fault: one is enough
	partial bool            // of the file, something unknown could not be read
}

// fault adds a fault of a key, placed where its value came from.
func (l *loader) fault(key, format string, args ...any) {
	l.faultAt(l.origins[key], key, fmt.Sprintf(format, args...))
}

func (l *loader) faultAt(at origin, key, message string) {
	l.faulty[key] = true
	l.faults = append(l.faults, at.place(Fault{Key: key, Message: message}))
}

// fileFault adds a fault of the file as a whole.
func (l *loader) fileFault(message string) {
	l.faults = append(l.faults, Fault{File: l.source.Path, Source: SourceFile, Message: message})
}

func (l *loader) readFile() {
	if l.source.Path == "" {
		return
	}
	text, err := l.slurp()
	switch {
	case errors.Is(err, fs.ErrNotExist) && l.source.Optional:
		return
	case errors.Is(err, fs.ErrNotExist):
		l.fileFault("does not exist; create it with acsync init, or name another with --config")
		return
	case err != nil:
		l.fileFault(err.Error())
		return
	}
	doc := newDocument(l.source.Path, text)
	if problem, offset := notText(text); problem != "" {
		line := bytes.Count(text[:offset], []byte("\n")) + 1
		l.faultAt(doc.place(line, offset-bytes.LastIndexByte(text[:offset], '\n')), "", problem)
		return
	}
	l.decode(doc)
}

// slurp returns the text of the file without a byte order mark, and keeps the mode of the very file it read.
func (l *loader) slurp() ([]byte, error) {
	f, err := openRegular(l.source.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if info.IsDir() {
		return nil, errors.New("is a directory; name the file in it")
	}
	l.mode = info.Mode()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", cause(err))
	}
	if len(text) > maxFile {
		return nil, errors.New("is larger than 256 KiB, which no configuration is; is it the right file?")
	}
	return withoutMark(text), nil
}

// openRegular opens a file, and nothing that would keep the program waiting for a writer, such as a named pipe.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errors.New("is no regular file; name one (a pipe or a device cannot be read)")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", cause(err))
	}
	return f, nil
}

// cause takes the path out of an error of package os: faults name the file themselves, and never a secret's.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// pathKeys hold paths, relative to the directory of the configuration file.
var pathKeys = []string{
	"kustomer.api_key_file", "agent_connect.api_key_file", "agent_connect.api_secret_file",
	"ledger.path",
}

func (l *loader) resolvePaths() {
	if l.source.Path == "" {
		return
	}
	dir := filepath.Dir(l.source.Path)
	for _, key := range pathKeys {
		path := field(&l.cfg, key)
		if name := path.String(); name != "" && !filepath.IsAbs(name) {
			path.SetString(filepath.Join(dir, name))
		}
	}
}

// override lets the caller change the configuration. A key that it changed no longer comes from where it came from.
func (l *loader) override() {
	if l.source.Override == nil {
		return
	}
	before := l.cfg.clone()
	l.source.Override(&l.cfg)
	for _, key := range scalarKeys() {
		if !reflect.DeepEqual(field(&before, key).Interface(), field(&l.cfg, key).Interface()) {
			maps.DeleteFunc(l.origins, func(name string, _ origin) bool { return name == key || strings.HasPrefix(name, key+".") })
		}
	}
}

// validate adds what Validate finds, except on keys that are known to be wrong and may still hold their default.
func (l *loader) validate() {
	for _, f := range l.cfg.Validate() {
		keys := append([]string{f.Key}, f.related...)
		if slices.ContainsFunc(keys, func(key string) bool { return l.faulty[key] }) || l.faultyBelow(f.Key) {
			continue
		}
		unset := func(key string) bool { _, set := l.origins[key]; return !set }
		if l.partial && slices.ContainsFunc(keys, unset) {
			continue // what is missing may stand in what could not be read
		}
		for _, key := range keys {
			if at, known := l.origins[key]; known {
				f = at.place(f)
				break
			}
		}
		l.faults = append(l.faults, f)
	}
}

// faultyBelow tells whether something in a rule is known to be wrong, so that the rule as a whole cannot be judged.
func (l *loader) faultyBelow(key string) bool {
	for faulty := range l.faulty {
		if strings.HasPrefix(key, "rule[") && strings.HasPrefix(faulty, key+".") {
			return true
		}
	}
	return false
}
