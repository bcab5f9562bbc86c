package config

import (
	"strings"
	"testing"
)

// TestShow holds that what a report shows of a configuration has no secret, and that its digest tells settings apart.
func TestShow(t *testing.T) {
	cfg := Default()
	cfg.Kustomer.Org, cfg.Kustomer.APIKey, cfg.Kustomer.APIKeyFile = "acme", NewSecret("hush-4711"), "/run/keys/kustomer"
	cfg.AgentConnect.APISecret = NewSecret("hush-4712")
	cfg.Sync.Overlap = Duration(3600e9)
	cfg.Rules = []Rule{{Name: "tests", When: `"test" in tags`, Action: "skip"}}
	got := map[string]Shown{}
	for _, each := range cfg.Show() {
		got[each.Key] = each
		for _, bad := range []string{"hush", "/run/keys", "redacted"} {
			if strings.Contains(each.Key+each.Value, bad) {
				t.Errorf("%s is shown: %s", each.Key, each.Value)
			}
		}
	}
	for _, want := range []Shown{
		{"kustomer.org", "acme", false},
		{"sync.settle", "3m", true},
		{"sync.overlap", "1h", false},
		{"mapping.channels.voice", "phone", true},
		{"filters.skip_spam", "true", true},
		{"rule[1].when", `"test" in tags`, false},
	} {
		if got[want.Key] != want {
			t.Errorf("got %+v, want %+v", got[want.Key], want)
		}
	}
	same, other := cfg, cfg
	same.Kustomer.APIKey = NewSecret("another")
	other.Sync.MaxPerRun = 7
	if cfg.Digest() != same.Digest() || cfg.Digest() == other.Digest() {
		t.Errorf("digests %s, with another key %s, with another limit %s", cfg.Digest(), same.Digest(), other.Digest())
	}
}
