package config

import (
	"reflect"
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
		"ACSYNC_X=x":                                      "ACSYNC_X: unknown environment variable",
		"ACSYNC_MAPPING_DEFAULT_CHANNEL=ch\xffat":         "ACSYNC_MAPPING_DEFAULT_CHANNEL: mapping.default_channel: is not UTF-8 text: a byte in it is invalid",
		"ACSYNC_MAPPING_BRAND='\xc3'":                     "ACSYNC_MAPPING_BRAND: mapping.brand: is not UTF-8 text: a byte in it is invalid",
		"ACSYNC_MAPPING_CUSTOM_PROPERTIES=a\xe2\x82=tags": "ACSYNC_MAPPING_CUSTOM_PROPERTIES: mapping.custom_properties: is not UTF-8 text: a byte in it is invalid",
		"KUSTOMER_API_KEY=two words":                      "KUSTOMER_API_KEY: kustomer.api_key: holds a space, a line break or another character that no key has; copy it again",
	} {
		t.Run(variable, func(t *testing.T) {
			_, got := loadSource(t, Source{Env: []string{variable}})
			if diff := cmp.Diff(got, []string{want}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
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
