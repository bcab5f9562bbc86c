package app

import (
	"testing"
)

func TestShellPath(t *testing.T) {
	for path, want := range map[string]string{
		"plan.json":           "plan.json",
		"/var/lib/a_b-c.toml": "/var/lib/a_b-c.toml",
		"my plan.json":        "'my plan.json'",
		"it's; rm -rf $HOME":  `'it'\''s; rm -rf $HOME'`,
		"~/plan.json":         "'~/plan.json'",
		"-p.json":             "./-p.json",
		"":                    "''",
	} {
		if got := shellPath(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}
