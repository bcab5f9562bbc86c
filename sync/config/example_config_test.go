package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
)

const examplePath = "../../config.example.toml"

func example(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(examplePath))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var exampleKey = regexp.MustCompile(`^(# )?([a-z_]+) = `)

// exampleComments returns the comment above each key of the example, with the key's line. A commented-out key counts when
// no comment follows: that is how the secrets stand there.
func exampleComments(t *testing.T) map[string]string {
	t.Helper()
	comments := map[string]string{}
	section, comment := "", ""
	for line := range strings.Lines(example(t)) {
		switch match := exampleKey.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "# [["):
			section = "rule"
			comments[section] = comment
		case strings.HasPrefix(line, "["):
			section, comment = strings.Trim(line, "[]\n"), ""
		case match != nil && section != "rule":
			comments[section+"."+match[2]] = comment + line
		}
		if comment += line; line == "\n" {
			comment = ""
		}
	}
	return comments
}

func TestExampleIsTheDefault(t *testing.T) {
	cfg, faults := load(t, example(t))
	if faults != nil {
		t.Fatal(faults)
	}
	cfg.Ledger.Path = filepath.Base(cfg.Ledger.Path)
	if diff := cmp.Diff(cfg, Default()); diff != "" {
		t.Errorf("example -, default +\n%s", diff)
	}
}

// Loaded over the defaults, a key that is missing in the example would not be missed: hence this test.
func TestExampleHasEveryKey(t *testing.T) {
	var tree map[string]map[string]any
	if err := toml.Unmarshal([]byte(example(t)), &tree); err != nil {
		t.Fatal(err)
	}
	comments := exampleComments(t)
	for _, key := range scalarKeys() {
		section, name, _ := strings.Cut(key, ".")
		_, given := tree[section][name]
		comment, described := comments[key]
		if isSecret := field(new(Config), key).Type() == field(new(Config), "kustomer.api_key").Type(); given == isSecret || !described {
			t.Errorf("%s: given %t, described %t", key, given, described)
		}
		if !regexp.MustCompile(`\b` + variableName(key) + `\b`).MatchString(comment) {
			t.Errorf("%s: the comment does not name %s", key, variableName(key))
		}
		delete(comments, key)
	}
	delete(comments, "rule")
	if len(comments) > 0 {
		t.Errorf("no keys of the configuration: %v", comments)
	}
}
