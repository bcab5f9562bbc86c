package config

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// keysOf are the keys at fault, in order.
func keysOf(faults []Fault) []string {
	var keys []string
	for _, f := range faults {
		keys = append(keys, f.Key)
	}
	return keys
}

func TestValidateRanges(t *testing.T) {
	hour := Duration(time.Hour)
	for name, c := range map[string]struct {
		key string
		set func(*Config, bool) // to a value that is just good, or just bad
	}{
		"requests, least":  {"kustomer.requests_per_minute", func(c *Config, ok bool) { c.Kustomer.RequestsPerMinute = pick(ok, 1, 0) }},
		"requests, most":   {"kustomer.requests_per_minute", func(c *Config, ok bool) { c.Kustomer.RequestsPerMinute = pick(ok, 100000, 100001) }},
		"searches":         {"kustomer.searches_per_minute", func(c *Config, ok bool) { c.Kustomer.SearchesPerMinute = pick(ok, 1, -1) }},
		"reserve, least":   {"kustomer.reserve", func(c *Config, ok bool) { c.Kustomer.Reserve = pick(ok, 0, -0.01) }},
		"reserve, most":    {"kustomer.reserve", func(c *Config, ok bool) { c.Kustomer.Reserve = pick(ok, 0.99, 1) }},
		"reserve, NaN":     {"kustomer.reserve", func(c *Config, ok bool) { c.Kustomer.Reserve = pick(ok, 0.5, math.NaN()) }},
		"timeout, least":   {"kustomer.timeout", func(c *Config, ok bool) { c.Kustomer.Timeout = pick(ok, hour/3600, hour/3600-1) }},
		"timeout, most":    {"agent_connect.timeout", func(c *Config, ok bool) { c.AgentConnect.Timeout = pick(ok, 10*minute, 10*minute+1) }},
		"posts":            {"agent_connect.requests_per_minute", func(c *Config, ok bool) { c.AgentConnect.RequestsPerMinute = pick(ok, 1, 0) }},
		"concurrency":      {"agent_connect.concurrency", func(c *Config, ok bool) { c.AgentConnect.Concurrency = pick(ok, 256, 257) }},
		"concurrency none": {"agent_connect.concurrency", func(c *Config, ok bool) { c.AgentConnect.Concurrency = pick(ok, 1, 0) }},
		"settle, least":    {"sync.settle", func(c *Config, ok bool) { c.Sync.Settle = pick(ok, Duration(0), -1) }},
		"settle, most":     {"sync.settle", func(c *Config, ok bool) { c.Sync.Settle = pick(ok, 24*hour, 24*hour+1) }},
		"overlap, most": {"sync.overlap", func(c *Config, ok bool) {
			c.Sync.Overlap, c.Sync.MaxAge = pick(ok, 30*day, 30*day+1), 100*day
		}},
		"no settle, no overlap": {"sync.overlap", func(c *Config, ok bool) { c.Sync.Settle, c.Sync.Overlap = 0, pick(ok, Duration(1), 0) }},
		"max_age":               {"sync.max_age", func(c *Config, ok bool) { c.Sync.MaxAge = pick(ok, 33*minute, 0) }},
		"max_age, reach":        {"sync.max_age", func(c *Config, ok bool) { c.Sync.MaxAge = pick(ok, 33*minute, 33*minute-1) }},
		"retain":                {"ledger.retain", func(c *Config, ok bool) { c.Sync.MaxAge = 400*day - 30*minute + pick(ok, Duration(0), 1) }},
		"retain, least":         {"ledger.retain", func(c *Config, ok bool) { c.Ledger.Retain = pick(ok, 30*day, 30*day-1) }},
		"retain, for ever":      {"ledger.retain", func(c *Config, ok bool) { c.Ledger.Retain = pick(ok, Duration(0), -400*day) }},
		"retain, no overflow":   {"ledger.retain", func(c *Config, ok bool) { c.Sync.MaxAge = pick(ok, day, Duration(math.MaxInt64)) }},
		"max_per_run":           {"sync.max_per_run", func(c *Config, ok bool) { c.Sync.MaxPerRun = pick(ok, 1, 0) }},
		"max_error_rate":        {"sync.max_error_rate", func(c *Config, ok bool) { c.Sync.MaxErrorRate = pick(ok, 1, 1.01) }},
		"max_error_rate, least": {"sync.max_error_rate", func(c *Config, ok bool) { c.Sync.MaxErrorRate = pick(ok, 0, -0.5) }},
		"max_error_rate, NaN":   {"sync.max_error_rate", func(c *Config, ok bool) { c.Sync.MaxErrorRate = pick(ok, 0, math.NaN()) }},
		"agent":                 {"sync.agent", func(c *Config, ok bool) { c.Sync.Agent = pick(ok, "closer", "Closer") }},
		"email":                 {"sync.email", func(c *Config, ok bool) { c.Sync.Email = pick(ok, "verified", "") }},
		"survey_per":            {"sync.survey_per", func(c *Config, ok bool) { c.Sync.SurveyPer = pick(ok, "conversation", "customer") }},
		"do_not_send":           {"filters.do_not_send", func(c *Config, ok bool) { c.Filters.DoNotSend = pick(ok, "flag", "send") }},
		"timezone":              {"sync.timezone", func(c *Config, ok bool) { c.Sync.Timezone = pick(ok, "Europe/Berlin", "Europe/Nowhere") }},
		"timezone, empty":       {"sync.timezone", func(c *Config, ok bool) { c.Sync.Timezone = pick(ok, "UTC", "") }},
		"attributes": {"filters.do_not_send_attributes", func(c *Config, ok bool) {
			c.Filters.DoNotSendAttributes = pick(ok, []string{}, []string{"a", " "})
		}},
		"channel name":    {"mapping.channels.\" \"", func(c *Config, ok bool) { c.Mapping.Channels = map[string]string{pick(ok, "a", " "): "b"} }},
		"channel value":   {"mapping.channels.a", func(c *Config, ok bool) { c.Mapping.Channels = map[string]string{"a": pick(ok, "b", " ")} }},
		"default_channel": {"mapping.default_channel", func(c *Config, ok bool) { c.Mapping.DefaultChannel = pick(ok, "email", " ") }},
		"no backup kept":  {"ledger.backup_keep", func(c *Config, ok bool) { c.Ledger.BackupKeep = pick(ok, 1, 0) }},
		"many backups":    {"ledger.backup_keep", func(c *Config, ok bool) { c.Ledger.BackupKeep = pick(ok, 1000, 1001) }},
		"ledger":          {"ledger.path", func(c *Config, ok bool) { c.Ledger.Path = pick(ok, "x", "") }},
		"key":             {"agent_connect.api_key", func(c *Config, ok bool) { c.AgentConnect.APIKey = NewSecret(pick(ok, "a~!", "a\x7f")) }},
	} {
		t.Run(name, func(t *testing.T) {
			good, bad := Default(), Default()
			c.set(&good, true)
			c.set(&bad, false)
			if faults := good.Validate(); len(faults) > 0 {
				t.Errorf("a good value is refused: %v", faults)
			}
			if diff := cmp.Diff(keysOf(bad.Validate()), []string{c.key}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func pick[T any](ok bool, good, bad T) T {
	if ok {
		return good
	}
	return bad
}

func TestBaseURL(t *testing.T) {
	for given, want := range map[string]string{ // the resulting URL, or a part of the fault
		"https://gateway.test":        "https://gateway.test",
		"https://gateway.test/":       "https://gateway.test",
		"https://gateway.test/k//":    "https://gateway.test/k",
		"HTTPS://gateway.test:8443":   "HTTPS://gateway.test:8443",
		"http://127.0.0.1:9":          "http://127.0.0.1:9",
		"http://127.8.8.8":            "http://127.8.8.8",
		"http://[::1]:9":              "http://[::1]:9",
		"http://localhost":            "http://localhost",
		"http://a.localhost":          "http://a.localhost",
		"http://gateway.test":         "must begin with https://",
		"http://127.0.0.1.example":    "must begin with https://",
		"http://localhost.example":    "must begin with https://",
		"gateway.test":                "must be an absolute URL",
		"localhost:8080":              "must be an absolute URL",
		"//gateway.test":              "must be an absolute URL",
		"https://":                    "must be an absolute URL",
		"https:///path":               "must be an absolute URL",
		"https://:443":                "must be an absolute URL",
		"ftp://gateway.test":          "must be an absolute URL",
		"https://user@gateway.test":   "must not hold a user",
		"https://u:p@127.0.0.1":       "must not hold a user",
		"https://gateway.test?a=b":    "without ? or #",
		"https://gateway.test?":       "without ? or #",
		"https://gateway.test/#a":     "without ? or #",
		"https://gateway.test/#":      "without ? or #",
		"https://gateway.test:70000":  "a port",
		"https://gateway.test:0":      "a port",
		"https://gateway.test:port":   "is not a URL",
		"https://gateway test":        "is not a URL",
		"https://gateway.test/%zz":    "is not a URL",
		" https://gateway.test":       "is not a URL",
		"https://gateway.test/\x7fab": "is not a URL",
	} {
		t.Run(given, func(t *testing.T) {
			cfg := Default()
			cfg.Kustomer.BaseURL, cfg.AgentConnect.BaseURL = given, given
			faults := cfg.Validate()
			if strings.HasPrefix(strings.ToLower(want), "http") {
				if len(faults) > 0 || cfg.KustomerURL() != want || cfg.AgentConnectURL() != want {
					t.Errorf("got %s and %s with %v, want %s", cfg.KustomerURL(), cfg.AgentConnectURL(), faults, want)
				}
				return
			}
			if len(faults) != 2 || !strings.Contains(faults[0].Message, want) || strings.Contains(faults[0].Message, "gateway") {
				t.Errorf("got %v, want one for each service with %q", faults, want)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	long := strings.Repeat("a", 63)
	for given, want := range map[string]string{
		"acme":                               "",
		"acme-2":                             "",
		"7":                                  "",
		long:                                 "",
		long + "a":                           "must be the name before .kustomerapp.com: ",
		"-acme":                              "must be the name before .kustomerapp.com: ",
		"acme-":                              "must be the name before .kustomerapp.com: ",
		"Acme":                               "must be the name before .kustomerapp.com: ",
		"acme corp":                          "must be the name before .kustomerapp.com: ",
		"https://acme.kustomerapp.com/app/":  `must be only the name before .kustomerapp.com: write "acme"`,
		"https://acme.api.kustomerapp.com:4": `must be only the name before .kustomerapp.com: write "acme"`,
		"acme.kustomerapp.com":               `must be only the name before .kustomerapp.com: write "acme"`,
		"https://api.kustomerapp.com":        `must be only the name before .kustomerapp.com, such as "acme"`,
		planted + ".x.y":                     `must be only the name before .kustomerapp.com, such as "acme"`,
		"https://u:" + planted + "@x/y":      `must be only the name before .kustomerapp.com, such as "acme"`,
	} {
		t.Run(given, func(t *testing.T) {
			cfg := Default()
			cfg.Kustomer.Org = given
			switch faults := cfg.Validate(); {
			case want == "" && len(faults) == 0:
			case want == "" || len(faults) != 1 || !strings.HasPrefix(faults[0].Message, want):
				t.Errorf("got %v, want %q", faults, want)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	cfg := Default()
	got := []string{cfg.KustomerURL(), cfg.KustomerAppURL(), cfg.AgentConnectURL()}
	cfg.Kustomer.Org, cfg.AgentConnect.Subdomain = "acme", "acme-care"
	got = append(got, cfg.KustomerURL(), cfg.KustomerAppURL(), cfg.AgentConnectURL())
	cfg.Kustomer.BaseURL = "http://127.0.0.1:9/"
	got = append(got, cfg.KustomerURL(), cfg.KustomerAppURL())
	want := []string{
		"", "", "https://api.stellaconnect.net",
		"https://acme.api.kustomerapp.com", "https://acme.kustomerapp.com", "https://acme-care.api.stellaconnect.net",
		"http://127.0.0.1:9", "https://acme.kustomerapp.com",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

func TestLocation(t *testing.T) {
	cfg := Default()
	if location := cfg.Location(); location != time.Local {
		t.Errorf("got %v", location)
	}
	cfg.Sync.Timezone = "Mars/Olympus"
	if len(cfg.Validate()) == 0 || cfg.Location() != time.UTC {
		t.Error("an unknown zone is accepted")
	}
}

func TestReady(t *testing.T) {
	cfg := Default()
	faults, ok := errors.AsType[Faults](cfg.Ready())
	if diff := cmp.Diff(keysOf(faults), []string{"kustomer.org", "kustomer.api_key", "agent_connect.api_key"}); !ok || diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
	cfg.Kustomer.BaseURL = "http://127.0.0.1:9"
	cfg.Kustomer.APIKey, cfg.AgentConnect.APIKey = NewSecret("a"), NewSecret("b")
	if err := cfg.Ready(); err != nil {
		t.Errorf("a complete configuration is not ready: %v", err)
	}
	cfg.Filters.RequireActiveProfile = true
	faults, _ = errors.AsType[Faults](cfg.Ready())
	if diff := cmp.Diff(keysOf(faults), []string{"filters.require_active_profile"}); diff != "" {
		t.Errorf("without the secret: got -, want +\n%s", diff)
	}
	cfg.AgentConnect.APISecret = NewSecret("c")
	if err := cfg.Ready(); err != nil {
		t.Errorf("with the secret it is not ready: %v", err)
	}
}

// TestRehearsal holds that a rehearsal has the test key and a ledger of its own, and never the production key.
func TestRehearsal(t *testing.T) {
	production, test := NewSecret("production"), NewSecret("test")
	complete := Default()
	complete.Kustomer.BaseURL, complete.Kustomer.APIKey = "http://127.0.0.1:9", NewSecret("a")
	complete.AgentConnect.APIKey, complete.AgentConnect.TestAPIKey = production, test
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string // the keys of the faults
	}{
		"both keys":                {func(*Config) {}, nil},
		"the production key alone": {func(c *Config) { c.AgentConnect.TestAPIKey = Secret{} }, []string{"agent_connect.test_api_key"}},
		"the test key alone":       {func(c *Config) { c.AgentConnect.APIKey = Secret{} }, nil},
		"one key twice":            {func(c *Config) { c.AgentConnect.TestAPIKey = production }, []string{"agent_connect.test_api_key"}},
		"no key at all": {
			func(c *Config) { c.Kustomer.APIKey, c.AgentConnect = Secret{}, AgentConnect{} },
			[]string{"kustomer.api_key", "agent_connect.test_api_key"},
		},
		"profiles without the production key": {
			func(c *Config) {
				c.Filters.RequireActiveProfile, c.AgentConnect.APIKey, c.AgentConnect.APISecret = true, Secret{}, NewSecret("c")
			},
			[]string{"filters.require_active_profile"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := complete
			c.change(&cfg)
			got, err := cfg.Rehearsal()
			faults, _ := errors.AsType[Faults](err)
			if diff := cmp.Diff(keysOf(faults), c.want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
			if err == nil && (!got.AgentConnect.APIKey.Equal(test) || got.AgentConnect.TestAPIKey.IsSet() || got.Ready() != nil) {
				t.Errorf("got the key %q", got.AgentConnect.APIKey.Reveal())
			}
		})
	}
	// A pass is refused as well: it may be the test key.
	complete.AgentConnect.TestAPIKey = production
	faults, _ := errors.AsType[Faults](complete.Ready())
	if diff := cmp.Diff(keysOf(faults), []string{"agent_connect.test_api_key"}); diff != "" {
		t.Errorf("a pass with one key twice: got -, want +\n%s", diff)
	}
	for path, want := range map[string]string{
		"/var/lib/acsync.db": "/var/lib/acsync.rehearsal.db", "ledger": "ledger.rehearsal", "/a.b/ledger": "/a.b/ledger.rehearsal",
		"acsync.rehearsal.db": "acsync.rehearsal.rehearsal.db",
	} {
		if got := (Ledger{Path: path}).Rehearsal(); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// Several keys have a part in some faults; the position is that of the one that was set.
func TestLoadPlacesFaultsOfSeveralKeys(t *testing.T) {
	_, got := load(t, "[sync]\noverlap = '25d'\n")
	if len(got) != 1 || !strings.HasPrefix(got[0], "config.toml:2:1: sync.max_age: must be at least") {
		t.Errorf("got %q", got)
	}
}

// A key that is known to be wrong may still hold its default, which must not be held against the others.
func TestLoadFindsNoConsequences(t *testing.T) {
	_, got := load(t, "[sync]\nmax_age = '31 days'\noverlap = '30d'\n")
	if len(got) != 1 || !strings.HasPrefix(got[0], "config.toml:2:1: sync.max_age: must be a duration") {
		t.Errorf("got %q", got)
	}
}

// Validate returns every value that cannot work, one fault for a key at most.
func (c Config) Validate() []Fault {
	k := newChecker()
	c.check(&k)
	return k.faults
}

// TestRecoveryFaults checks the keys of recoveries, and those that are nearly one.
func TestRecoveryFaults(t *testing.T) {
	for text, want := range map[string][]string{
		"without_first = 'skip'":                           nil,
		"without_first = 'ask'\nwhen = 'true'":             nil,
		"without_first = 'never'":                          {`config.toml:2:1: recovery.without_first: must be one of "ask", "skip", is "never"`},
		"without_first = ''":                               {`config.toml:2:1: recovery.without_first: must be one of "ask", "skip", is ""`},
		"without_first = 'Ask'":                            {`config.toml:2:1: recovery.without_first: must be one of "ask", "skip", is "Ask"`},
		"without_first = true":                             {`config.toml:2:1: recovery.without_first: must be text in quotes, not true or false`},
		"without_frist = 'skip'":                           {"config.toml:2:1: recovery.without_frist: unknown key; did you mean recovery.without_first?"},
		"withoutfirst = 'skip'":                            {"config.toml:2:1: recovery.withoutfirst: unknown key; did you mean recovery.without_first?"},
		"[sync]\nwithout_first = 'skip'":                   {"config.toml:3:1: sync.without_first: unknown key; did you mean recovery.without_first?"},
		"when = ' '\nwithout_first = 'skip'":               {`config.toml:2:1: recovery.when: must be an expression, or "" for none`},
		"when = 'true'\n[sync]\nsurvey_per = 'resolution'": {`config.toml:2:1: recovery.when: cannot go with sync.survey_per = "resolution": Agent Connect finds the first request by the conversation's id, and there would be several`},
	} {
		_, got := load(t, "[recovery]\n"+text+"\n")
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: got -, want +\n%s", text, diff)
		}
	}
	cfg, faults := load(t, "", "ACSYNC_RECOVERY_WITHOUT_FIRST=skip")
	if faults != nil || cfg.Recovery.WithoutFirst != WithoutFirstSkip || Default().Recovery.WithoutFirst != WithoutFirstAsk {
		t.Errorf("%v, %+v", faults, cfg.Recovery)
	}
}

// TestWarnings warns of delays that delay nothing.
func TestWarnings(t *testing.T) {
	const says = " delays nothing: no conversation is read before sync.settle "
	for text, want := range map[string][]string{
		"":                                    nil,
		"[sync]\ndelay = '0s'":                nil,
		"[sync]\ndelay = '3m'":                nil,
		"[sync]\ndelay = '1h'":                nil,
		"[sync]\ndelay = '1m'":                {"sync.delay (1m)" + says + "(3m) is over"},
		"[sync]\ndelay = '2m59s'":             {"sync.delay (2m59s)" + says + "(3m) is over"},
		"[sync]\ndelay = '4m'\nsettle = '5m'": {"sync.delay (4m)" + says + "(5m) is over"},
		"[sync]\ndelay = '1s'\nsettle = '0s'": nil,
		"[[rule]]\nname = 'vip'\nwhen = 'true'\ndelay = '30s'": {`rule[1].delay of "vip" (30s)` + says + "(3m) is over"},
		"[[rule]]\nname = 'now'\nwhen = 'true'\ndelay = '0s'":  nil,
		"[[rule]]\nname = 'a'\nwhen = 'true'\naction = 'skip'\n[[rule]]\nname = 'b'\nwhen = 'true'\ndelay = '1m'\n[sync]\ndelay = '2m'": {
			"sync.delay (2m)" + says + "(3m) is over", `rule[2].delay of "b" (1m)` + says + "(3m) is over",
		},
	} {
		cfg, faults := load(t, text+"\n")
		if faults != nil {
			t.Errorf("%s: %v", text, faults)
		}
		if diff := cmp.Diff(cfg.Warnings(), want); diff != "" {
			t.Errorf("%s: got -, want +\n%s", text, diff)
		}
	}
}
