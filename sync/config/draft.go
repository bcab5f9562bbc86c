package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// draft is a configuration while one layer after the other is put on it, with what is wrong with it.
type draft struct {
	cfg     Config
	origins map[string]origin // by key; a key without one has its default
	faults  Faults
	faulty  map[string]bool // keys with a fault: one is enough
	partial bool            // of the file, something unknown could not be read
}

func newDraft() *draft {
	return &draft{cfg: Default(), origins: map[string]origin{}, faulty: map[string]bool{}}
}

// fault adds a fault of a key, placed where its value came from.
func (d *draft) fault(key, format string, args ...any) {
	d.faultAt(d.origins[key], key, fmt.Sprintf(format, args...))
}

func (d *draft) faultAt(at origin, key, message string) {
	d.faulty[key] = true
	d.faults = append(d.faults, at.place(Fault{Key: key, Message: message}))
}

// pathKeys hold paths, relative to the directory of the configuration file.
var pathKeys = []string{
	"kustomer.api_key_file", "agent_connect.api_key_file", "agent_connect.api_secret_file", "ledger.path",
}

func (d *draft) resolvePaths(dir string) {
	for _, key := range pathKeys {
		path := field(&d.cfg, key)
		if name := path.String(); name != "" && !filepath.IsAbs(name) {
			path.SetString(filepath.Join(dir, name))
		}
	}
}

// override lets the caller change the configuration. A key that it changed no longer comes from where it came
// from.
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

// validate adds what Validate finds, except on keys that are known to be wrong and may still hold a default.
func (d *draft) validate() {
	for _, f := range d.cfg.Validate() {
		if keys := append([]string{f.Key}, f.related...); !d.faultyBelow(f.Key) && !d.unclear(keys) {
			d.faults = append(d.faults, d.placed(f, keys))
		}
	}
	for _, f := range d.faults {
		d.faulty[f.Key] = true
	}
}

// unclear reports whether one of the keys is known to be wrong, or may stand in what could not be read.
func (d *draft) unclear(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		_, set := d.origins[key]
		return d.faulty[key] || d.partial && !set
	})
}

// placed places a fault where the first of the keys came from that did not keep its default.
func (d *draft) placed(f Fault, keys []string) Fault {
	for _, key := range keys {
		if at, set := d.origins[key]; set {
			return at.place(f)
		}
	}
	return f
}

// faultyBelow reports whether something in a rule is known to be wrong, so that the rule as a whole cannot be
// judged.
func (d *draft) faultyBelow(key string) bool {
	for faulty := range d.faulty {
		if strings.HasPrefix(key, "rule[") && strings.HasPrefix(faulty, key+".") {
			return true
		}
	}
	return false
}

// check adds what the caller's check of the expressions found. A character of an expression is placed in the
// file where it stands; where it cannot be, it is counted.
func (d *draft) check(problems []Problem) {
	for _, problem := range problems {
		key := problem.key()
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
