package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"acsync/sync/config"
	"acsync/sync/exit"
)

// Setting is a key of the configuration that is not at its default.
type Setting struct {
	Key   string
	Value string // never that of a secret, and of an expression only that it is there: it can name people
	From  string // the file and the line, or the variable; empty: what started this command has set it
}

// Settings lists what of a configuration is not at its default, the secrets without their values. Origins are
// those that [config.Source] tells.
func Settings(cfg config.Config, origins map[string]string) []Setting {
	var list []Setting
	for _, shown := range cfg.Show() {
		if !shown.Default {
			list = append(list, Setting{shown.Key, mild(shown), originOf(shown.Key, origins)})
		}
	}
	for _, key := range config.Secrets() {
		if cfg.Secret(key).IsSet() {
			list = append(list, Setting{key, "(set, and not shown)", originOf(key, origins)})
		}
	}
	slices.SortStableFunc(list,
		func(a, b Setting) int { return strings.Compare(section(a.Key), section(b.Key)) })
	return list
}

func section(key string) string {
	name, _, _ := strings.Cut(key, ".")
	name, _, _ = strings.Cut(name, "[")
	return name
}

// mild is a value without what people have written in their own words.
func mild(s config.Shown) string {
	if s.Value == "" || !ownWords(s.Key) {
		return s.Value
	}
	return fmt.Sprintf("(set, %d characters)", len([]rune(s.Value)))
}

// ownWords reports whether a key holds an expression, or the name of a rule.
func ownWords(key string) bool {
	switch {
	case strings.HasPrefix(key, "rule["):
		return !strings.HasSuffix(key, ".action") && !strings.HasSuffix(key, ".delay")
	case strings.HasPrefix(key, "mapping.channels."), key == "mapping.default_channel":
		return false
	}
	return strings.HasPrefix(key, "mapping.") || key == "recovery.when"
}

// originOf is where a key comes from, or the table around it.
func originOf(key string, origins map[string]string) string {
	for key != "" {
		if from, known := origins[key]; known {
			return from
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return ""
}

// configuration makes the probes of the configuration itself.
type configuration struct {
	file     string
	faults   error // why it cannot be used; nil: it can
	settings []Setting
	warnings []string
}

func (c configuration) probes() []Probe {
	const group = "Configuration"
	probes := []Probe{{group, "settings", c.used}}
	for _, each := range c.warnings {
		probes = append(probes, Given(group, "warning", look("", "%s", each)))
	}
	return probes
}

func (c configuration) used(context.Context) Result {
	file := c.file
	if file == "" {
		file = "no file"
	}
	if c.faults != nil {
		return failed(exit.Usage, "mend this first: nothing else can be looked at without", "%v", c.faults)
	}
	return ok("%s; %d keys are not at their defaults", file, len(c.settings))
}
