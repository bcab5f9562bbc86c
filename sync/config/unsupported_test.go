package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A value of each key that is good in itself and not the default.
var notDefault = map[string]string{
	"notify.healthcheck_url":     `"https://hc.example/x?y=z"`,
	"notify.prometheus_textfile": `"acsync.prom"`,
	"notify.webhook_url":         `"https://hooks.example/x"`,
}

func TestNotSupportedKeysAreRefused(t *testing.T) {
	for key := range notSupported {
		t.Run(key, func(t *testing.T) {
			_, got := load(t, key+" = "+notDefault[key]+"\n")
			want := []string{"config.toml:1:1: " + key + ": not supported yet; leave it at its default"}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestNotSupportedKeysExist(t *testing.T) {
	known := append(scalarKeys(), "rule")
	for key := range notSupported {
		if !slices.Contains(known, key) {
			t.Errorf("%s is no key", key)
		}
	}
}

func TestNotSupportedKeysAreMarkedInTheExample(t *testing.T) {
	for key, comment := range exampleComments(t) {
		if marked := strings.Contains(comment, "# Not supported yet"); marked != notSupported[key] {
			t.Errorf("%s: marked %t, not supported %t", key, marked, notSupported[key])
		}
	}
}
