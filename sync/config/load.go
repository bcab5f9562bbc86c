package config

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// maxFile is the size in bytes beyond which a file is no configuration.
const maxFile = 256 << 10

// Source says where a configuration comes from. The zero Source gives the defaults.
type Source struct {
	// Path names the TOML file. Empty: none is read, and relative paths are relative to the working
	// directory.
	Path     string
	Optional bool     // a missing file is fine: defaults and environment
	Env      []string // "K=V", as os.Environ returns it
	// applied last, before validation; paths that it sets are taken as they are
	Override func(*Config)
	Check    func(Config) []Problem // finds what is wrong with the expressions; nil: they are not looked at
}

// Load reads, merges and checks a configuration. Its only errors are [Faults], all of them at once. What a
// pass needs besides is for [Config.Ready] to say.
func Load(s Source) (Config, error) {
	d := newDraft()
	mode := readFile(d, s)
	inFile := fileSecrets(d)
	readEnvironment(d, s.Env)
	if s.Path != "" {
		d.resolvePaths(filepath.Dir(s.Path))
	}
	checkExposed(d, inFile, mode)
	readSecrets(d)
	if s.Override != nil {
		d.override(s.Override)
	}
	d.validate()
	if s.Check != nil {
		d.check(s.Check(d.cfg))
	}
	if len(d.faults) > 0 {
		return Config{}, d.faults.sorted()
	}
	return d.cfg, nil
}

// readFile decodes the configuration file, and returns the mode of the very file it read.
func readFile(d *draft, s Source) fs.FileMode {
	if s.Path == "" {
		return 0
	}
	whole := origin{file: s.Path, source: SourceFile}
	text, mode, err := readRegular(s.Path, maxFile, "configuration")
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.Optional:
	case errors.Is(err, fs.ErrNotExist):
		d.faultAt(whole, "", "does not exist; create it with acsync init, or name another with --config")
	case err != nil:
		d.faultAt(whole, "", err.Error())
	default:
		doc := newDocument(s.Path, text)
		if at, problem := doc.notText(); problem != "" {
			d.faultAt(at, "", problem)
			break
		}
		decode(d, doc)
	}
	return mode
}
