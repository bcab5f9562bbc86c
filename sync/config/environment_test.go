package config

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	cfg, faults := load(t, "[sync]\nsettle = '4m'\nagent = 'closer'\n[mapping]\nchannels = { chat = 'c', sms = 's' }\n",
		"ACSYNC_SYNC_SETTLE=5m", "ACSYNC_SYNC_AGENT=", "ACSYNC_AGENT_CONNECT_CONCURRENCY=1", "ACSYNC_AGENT_CONNECT_CONCURRENCY=2",
		"ACSYNC_KUSTOMER_RESERVE=.5", "ACSYNC_AGENT_CONNECT_STAMP=0", "ACSYNC_FILTERS_DO_NOT_SEND_ATTRIBUTES=a, b",
		"ACSYNC_MAPPING_CHANNELS=chat=live chat, voice = call", "=C:=C:\\", "acsync_other=1")
	if faults != nil {
		t.Fatal(faults)
	}
	want := Default()
	want.Sync.Settle, want.Sync.Agent = 5*minute, "closer"
	want.AgentConnect.Concurrency, want.AgentConnect.Stamp = 2, false
	want.Kustomer.Reserve = 0.5
	want.Filters.DoNotSendAttributes = []string{"a", "b"}
	want.Mapping.Channels = map[string]string{"voice": "call", "chat": "live chat", "sms": "s"}
	want.Ledger.Path = cfg.Ledger.Path
	if diff := cmp.Diff(cfg, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

func TestEnvironmentFaults(t *testing.T) {
	for variable, want := range map[string]string{
		"ACSYNC_SYNC_SETTLE=3":             "ACSYNC_SYNC_SETTLE: sync.settle: must be a duration such as \"30s\", \"3m\", \"72h\" or \"400d\"",
		"ACSYNC_SYNC_MAX_PER_RUN=many":     "ACSYNC_SYNC_MAX_PER_RUN: sync.max_per_run: must be a whole number",
		"ACSYNC_SYNC_MAX_PER_RUN=0x":       "ACSYNC_SYNC_MAX_PER_RUN: sync.max_per_run: must be a whole number",
		"ACSYNC_SYNC_MAX_ERROR_RATE=half":  "ACSYNC_SYNC_MAX_ERROR_RATE: sync.max_error_rate: must be a number",
		"ACSYNC_SYNC_MAX_ERROR_RATE=2":     "ACSYNC_SYNC_MAX_ERROR_RATE: sync.max_error_rate: must be between 0 and 1, is 2",
		"ACSYNC_FILTERS_SKIP_SPAM=perhaps": "ACSYNC_FILTERS_SKIP_SPAM: filters.skip_spam: must be true or false",
		"ACSYNC_MAPPING_CHANNELS=voice":    "ACSYNC_MAPPING_CHANNELS: mapping.channels: must be written name=value,name=value",
		"ACSYNC_MAPPING_CHANNELS=voice=":   "ACSYNC_MAPPING_CHANNELS: mapping.channels.voice: must not be empty: name the channel as it is set up in Agent Connect",
		"ACSYNC_FILTERS_DO_NOT_SEND_ATTRIBUTES=a,": "ACSYNC_FILTERS_DO_NOT_SEND_ATTRIBUTES: filters.do_not_send_attributes: " +
			"must not hold an empty name; write [] to look at no attribute",
		"ACSYNC_KUSTOMER_API_KEY=" + planted:              "ACSYNC_KUSTOMER_API_KEY: unknown environment variable; did you mean KUSTOMER_API_KEY?",
		"ACSYNC_AGENT_CONECT_TIMEOUT=1s":                  "ACSYNC_AGENT_CONECT_TIMEOUT: unknown environment variable; did you mean ACSYNC_AGENT_CONNECT_TIMEOUT?",
		"ACSYNC_RULE_NAME=x":                              "ACSYNC_RULE_NAME: unknown environment variable; did you mean [[rule]] in the configuration file?",
		"ACSYNC_SYNC_SETTEL=4m":                           "ACSYNC_SYNC_SETTEL: unknown environment variable; did you mean ACSYNC_SYNC_SETTLE?",
		"ACSYNC_MAX_PER_RUN=5":                            "ACSYNC_MAX_PER_RUN: unknown environment variable; did you mean ACSYNC_SYNC_MAX_PER_RUN?",
		"ACSYNC_BACKUP_DIR=/backup":                       "ACSYNC_BACKUP_DIR: unknown environment variable; did you mean ACSYNC_LEDGER_BACKUP_DIR?",
		"ACSYNC_DRY_RUN=true":                             "ACSYNC_DRY_RUN: unknown environment variable; did you mean the flag --dry-run?",
		"ACSYNC_CONFIG=other.toml":                        "ACSYNC_CONFIG: unknown environment variable; did you mean the flag --config?",
		"ACSYNC_LEDGER_PORT=/var/lib/acsync.db":           "ACSYNC_LEDGER_PORT: unknown environment variable; did you mean ACSYNC_LEDGER_PATH?",
		"ACSYNC_MAPPING_DEFAULT_CHANNEL=ch\xffat":         "ACSYNC_MAPPING_DEFAULT_CHANNEL: mapping.default_channel: is not UTF-8 text: a byte in it is invalid",
		"ACSYNC_MAPPING_BRAND='\xc3'":                     "ACSYNC_MAPPING_BRAND: mapping.brand: is not UTF-8 text: a byte in it is invalid",
		"ACSYNC_MAPPING_CUSTOM_PROPERTIES=a\xe2\x82=tags": "ACSYNC_MAPPING_CUSTOM_PROPERTIES: mapping.custom_properties: is not UTF-8 text: a byte in it is invalid",
		"KUSTOMER_API_KEY=two words":                      "KUSTOMER_API_KEY: kustomer.api_key: has a blank in it, which no key has; it must be the key alone",
		"KUSTOMER_API_KEY='" + planted + "'": "KUSTOMER_API_KEY: kustomer.api_key: is in quotes, which are no part of a key; " +
			"a file that sets variables (of Docker, for instance) keeps them: write the key without",
		"AGENT_CONNECT_API_KEY=\"" + planted + "\"\n": "AGENT_CONNECT_API_KEY: agent_connect.api_key: is in quotes, which are no part of a key; " +
			"a file that sets variables (of Docker, for instance) keeps them: write the key without",
		"AGENT_CONNECT_API_SECRET=" + planted + "\n" + planted: "AGENT_CONNECT_API_SECRET: agent_connect.api_secret: has several lines; it must be the key alone",
		"KUSTOMER_API_KEY=" + planted + "\u200b":               "KUSTOMER_API_KEY: kustomer.api_key: holds a character that no key has, which may be invisible; copy it again",
		"KUSTOMER_API_KEY= \n":                                 "KUSTOMER_API_KEY: kustomer.api_key: is empty but for blanks or line breaks",
	} {
		t.Run(variable, func(t *testing.T) {
			_, got := loadSource(t, Source{Env: []string{variable}})
			if diff := cmp.Diff(got, []string{want}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

// TestVariablesOfOthers gives a program the variables that Kubernetes, systemd and a pipeline add to those that were meant for
// it: whatever resembles no key is passed over with one warning, and what Kubernetes adds for a Service without any.
func TestVariablesOfOthers(t *testing.T) {
	const over = "environment variables that are no keys of acsync were passed over: "
	for name, test := range map[string]struct {
		env      []string
		readOnly bool
		warning  string
	}{
		"a Service for metrics": {env: []string{
			"ACSYNC_METRICS_SERVICE_HOST=10.0.0.7", "ACSYNC_METRICS_SERVICE_PORT=9090", "ACSYNC_METRICS_SERVICE_PORT_HTTP=9090",
			"ACSYNC_METRICS_PORT=tcp://10.0.0.7:9090", "ACSYNC_METRICS_PORT_9090_TCP=tcp://10.0.0.7:9090",
			"ACSYNC_METRICS_PORT_9090_TCP_PROTO=tcp", "ACSYNC_METRICS_PORT_9090_TCP_PORT=9090",
			"ACSYNC_METRICS_PORT_9090_TCP_ADDR=10.0.0.7", "ACSYNC_METRICS_PORT_53_UDP=udp://10.0.0.7:53",
		}},
		"a Service with the program's name": {env: []string{
			"ACSYNC_SERVICE_HOST=10.0.0.7", "ACSYNC_PORT=tcp://10.0.0.7:80", "ACSYNC_PORT_80_TCP_ADDR=10.0.0.7",
		}},
		"Services with the names of sections": {env: []string{
			"ACSYNC_LEDGER_PORT=tcp://10.0.0.7:80", "ACSYNC_SYNC_SERVICE_HOST=10.0.0.7", "ACSYNC_KUSTOMER_PORT=tcp://10.0.0.7:80",
			"ACSYNC_RULES_PORT=tcp://10.0.0.7:80", "ACSYNC_RULE_SERVICE_PORT=80", "ACSYNC_AGENT_CONNECT_PORT=tcp://10.0.0.7:80",
		}},
		"one that is a key's name nearly": {env: []string{
			"ACSYNC_SYNC_EMAIL_PORT=tcp://10.0.0.7:80", "ACSYNC_KUSTOMER_TIMEOUT_SERVICE_HOST=10.0.0.7",
		}},
		"the pager":    {env: []string{"ACSYNC_PAGER=less -R"}},
		"empty ones":   {env: []string{"ACSYNC_VERSION=", "ACSYNC_SYNC_SETTEL="}},
		"a pipeline's": {env: []string{"ACSYNC_VERSION=1.2", "ACSYNC_IMAGE=x", "ACSYNC_PATH=/opt"}, warning: over + "ACSYNC_IMAGE, ACSYNC_PATH, ACSYNC_VERSION"},
		"many": {
			env:     []string{"ACSYNC_A=1", "ACSYNC_B=1", "ACSYNC_C=1", "ACSYNC_D=1", "ACSYNC_E=1", "ACSYNC_F=1", "ACSYNC_G=1"},
			warning: over + "ACSYNC_A, ACSYNC_B, ACSYNC_C, ACSYNC_D, ACSYNC_E and 2 more",
		},
		"a long one, which may be a secret": {env: []string{"ACSYNC_" + planted + strings.Repeat("x", 32) + "=1"}, warning: over + "(a name of "},
		"one that resembles a key, for a command that only reads": {
			env: []string{"ACSYNC_SYNC_SETTEL=4m", "ACSYNC_X=1"}, readOnly: true,
			warning: over + "ACSYNC_SYNC_SETTEL (did you mean ACSYNC_SYNC_SETTLE?), ACSYNC_X",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var warnings []string
			cfg, err := Load(Source{Env: test.env, ReadOnly: test.readOnly, Warn: func(text string) { warnings = append(warnings, text) }})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(warnings, "\n"); !strings.HasPrefix(got, test.warning) || len(warnings) > 1 || (got == "") != (test.warning == "") {
				t.Errorf("warnings %q, want one %q", warnings, test.warning)
			}
			if diff := cmp.Diff(cfg, Default()); diff != "" {
				t.Errorf("it changed the configuration:\n%s", diff)
			}
		})
	}
}

func TestEveryKeyHasItsOwnVariable(t *testing.T) {
	if names, keys := variables(), scalarKeys(); len(names) != len(keys) {
		t.Errorf("%d variables for %d keys", len(names), len(keys))
	}
	var cfg Config
	for _, key := range scalarKeys() {
		if problem := parseValue(field(&cfg, key), "1=1"); strings.Contains(problem, "cannot") {
			t.Errorf("%s %s", key, problem)
		}
	}
	if reflect.ValueOf(cfg.Kustomer).IsZero() {
		t.Error("nothing was written")
	}
}

// TestUnknownZone compares with what Go itself makes of TZ, which is UTC where it knows no such zone.
func TestUnknownZone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there TZ means nothing")
	}
	file := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(file, []byte("no zone"), 0o600); err != nil {
		t.Fatal(err)
	}
	for tz, known := range map[string]bool{
		"": true, ":": true, "UTC": true, "Europe/Berlin": true, ":Europe/Berlin": true, "EST5EDT": true, "GMT0": true, "UTC0": true,
		"Europe/Berln": false, "europe berlin": false, "CET-1CEST": false, "CET-1CEST,M3.5.0,M10.5.0/3": false, "<+03>-3": false,
		"Local": false, file: false, file + "x": false, "/": false, "../etc/localtime": false, "::UTC": false, " ": false,
	} {
		cfg := Default()
		err := cfg.UnknownZone([]string{"TZ=UTC", "TZ=" + tz})
		if (err == nil) != known {
			t.Errorf("TZ=%q: %v", tz, err)
		}
		if err != nil && !strings.Contains(err.Error(), "TZ=") {
			t.Errorf("TZ=%q: the variable is not named: %v", tz, err)
		}
		cfg.Sync.Timezone = "Europe/Berlin"
		if err := cfg.UnknownZone([]string{"TZ=" + tz}); err != nil {
			t.Errorf("TZ=%q is refused although sync.timezone names a zone: %v", tz, err)
		}
	}
	if err := Default().UnknownZone(nil); err != nil {
		t.Errorf("without TZ: %v", err)
	}
	const installed = "/usr/share/zoneinfo/Europe/Berlin"
	if _, err := os.Stat(installed); err == nil {
		if err := Default().UnknownZone([]string{"TZ=" + installed, "TZ=:" + installed}); err != nil {
			t.Error(err)
		}
	}
}
