package config

import (
	"slices"
	"testing"
	"time"
)

// TestDecisions holds that what changes a decision changes the digest, that pace and place do not, and that every key that is
// left out is one.
func TestDecisions(t *testing.T) {
	plain := Default()
	plain.Kustomer.Org = "acme"
	short := Duration(time.Hour)
	for _, test := range []struct {
		name   string
		change func(*Config)
		same   bool
	}{
		{"nothing", func(*Config) {}, true},
		{"a proxy", func(c *Config) { c.Kustomer.BaseURL = "http://127.0.0.1:4711" }, true},
		{"the pace", func(c *Config) { c.AgentConnect.RequestsPerMinute = 7 }, true},
		{"a limit", func(c *Config) { c.Sync.MaxPerRun = 7 }, true},
		{"a key", func(c *Config) { c.AgentConnect.APIKey = NewSecret("hush") }, true},
		{"the organisation", func(c *Config) { c.Kustomer.Org = "other" }, false},
		{"who the agent is", func(c *Config) { c.Sync.Agent = AgentCloser }, false},
		{"the identity", func(c *Config) { c.Sync.SurveyPer = SurveyPerResolution }, false},
		{"the age", func(c *Config) { c.Sync.MaxAge = short }, false},
		{"a filter", func(c *Config) { c.Filters.SkipSpam = false }, false},
		{"a channel", func(c *Config) { c.Mapping.Channels = map[string]string{"voice": "telephone"} }, false},
		{"a rule", func(c *Config) { c.Rules = []Rule{{Name: "tests", When: "true", Action: "skip"}} }, false},
		{"a recovery", func(c *Config) { c.Recovery.When = "true" }, false},
		{"a recovery of what was never asked", func(c *Config) { c.Recovery.WithoutFirst = WithoutFirstSkip }, false},
	} {
		changed := plain.clone()
		test.change(&changed)
		if same := plain.Decisions() == changed.Decisions(); same != test.same {
			t.Errorf("%s: the same digest: %t, want %t", test.name, same, test.same)
		}
	}
	for _, key := range undecisive {
		if !slices.ContainsFunc(plain.Show(), func(s Shown) bool { return s.Key == key }) {
			t.Errorf("there is no key %s", key)
		}
	}
}
