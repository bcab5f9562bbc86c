package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write puts a configuration file into a directory of its own, readable by its owner alone.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load is Load of a text. Faults come back as lines that begin with "config.toml".
func load(t *testing.T, text string, env ...string) (Config, []string) {
	t.Helper()
	return loadSource(t, Source{Path: write(t, text), Env: env})
}

func loadSource(t *testing.T, s Source) (Config, []string) {
	t.Helper()
	cfg, err := Load(s)
	if err == nil {
		return cfg, nil
	}
	if _, ok := errors.AsType[Faults](err); !ok {
		t.Fatalf("Load returned a %T: %v", err, err)
	}
	return cfg, strings.Split(strings.ReplaceAll(err.Error(), filepath.Dir(s.Path)+string(filepath.Separator), ""), "\n")
}

func TestLoadReadsEveryKindOfValue(t *testing.T) {
	cfg, faults := load(t, `
ledger.retain = "400d"              # a dotted key on top
agent_connect = { concurrency = 0x10, stamp = false }

[kustomer]
org = "acme"
requests_per_minute = 1_000
reserve = 0
"timeout" = '1m'

[sync]
settle = "5m"
max_error_rate = 5e-1

[filters]
do_not_send_attributes = [
  "a", # with a comment
  'b',
]

[mapping.channels]
chat = "Chat"
"social media" = "social"
`)
	if faults != nil {
		t.Fatal(faults)
	}
	want := Default()
	want.Sync.Settle = 5 * minute
	want.AgentConnect.Concurrency, want.AgentConnect.Stamp = 16, false
	want.Kustomer.Org, want.Kustomer.RequestsPerMinute, want.Kustomer.Reserve, want.Kustomer.Timeout = "acme", 1000, 0, minute
	want.Sync.MaxErrorRate = 0.5
	want.Filters.DoNotSendAttributes = []string{"a", "b"}
	want.Mapping.Channels = map[string]string{"voice": "phone", "chat": "Chat", "social media": "social"}
	want.Ledger.Path = cfg.Ledger.Path
	if diff := cmp.Diff(cfg, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	_, got := load(t, `# three kinds of faults in the file, one in the environment
[kustomer]
orgg = "acme"
reserve = "a tenth"

[sync]
settle = "25h"
max_per_run = 0
max_age = 3m
   overlap = "20d"
`, "ACSYNC_SYNC_EMAIL=newest", "ACSYNC_SYNC_SETTEL=3m", "PATH=/bin")
	want := []string{
		`config.toml:3:1: kustomer.orgg: unknown key; did you mean kustomer.org?`,
		`config.toml:4:1: kustomer.reserve: must be a number, not text in quotes`,
		`config.toml:7:1: sync.settle: must be between 0s and 1d, is 25h`,
		`config.toml:8:1: sync.max_per_run: must be at least 1, is 0; --dry-run is the way to send nothing`,
		`config.toml:9:12: sync.max_age: is not valid TOML: a value is true, false, a number, or text in quotes, such as "3m"`,
		`ACSYNC_SYNC_EMAIL: sync.email: must be one of "first", "verified", is "newest"`,
		`ACSYNC_SYNC_SETTEL: unknown environment variable; did you mean ACSYNC_SYNC_SETTLE?`,
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

func TestLoadFaults(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"unknown section is one fault": {
			"[snyc]\nsettle = \"3m\"\noverlap = 3\n[sync]\nsettle = 3\n",
			[]string{
				"config.toml:1:2: snyc: unknown section; did you mean [sync]?",
				`config.toml:5:1: sync.settle: must be a duration in quotes, such as "30s", "3m" or "72h", not a number`,
			},
		},
		"key in the wrong section": {
			"[kustomer]\nconcurrency = 3\n",
			[]string{"config.toml:2:1: kustomer.concurrency: unknown key; did you mean agent_connect.concurrency?"},
		},
		"key above all sections": {
			"max_age = '3d'\n",
			[]string{"config.toml:1:1: max_age: unknown key; did you mean sync.max_age?"},
		},
		"no suggestion for what is far from everything": {
			"[kustomer]\nxylophone = 3\n",
			[]string{"config.toml:2:1: kustomer.xylophone: unknown key"},
		},
		"unknown key in a section's table": {
			"sync = { settle = '3m', setle = '4m' }\n",
			[]string{"config.toml:1:1: sync.setle: unknown key; did you mean sync.settle?"},
		},
		"columns count characters": {
			"[sync]\ntimezone = 'Ä' now\n",
			[]string{
				"config.toml:2:16: sync.timezone: is not valid TOML: a bracket, a quote or a comma is missing, or something follows the value",
			},
		},
		"faults in a section's table stand where it stands": {
			"sync = { timezone = 'Ä', setle = '4m' }\n",
			[]string{
				"config.toml:1:1: sync.setle: unknown key; did you mean sync.settle?",
				`config.toml:1:1: sync.timezone: must be "Local", "UTC" or a name such as "Europe/Berlin", is "Ä"`,
			},
		},
		"value where a section is wanted": {
			"sync = 3\n", []string{"config.toml:1:1: sync: is a section: write [sync] on a line of its own"},
		},
		"section where a value is wanted": {
			"[sync.settle]\nminutes = 3\n", []string{`config.toml:1:2: sync.settle: must be a duration in quotes, such as "30s", "3m" or "72h", not a table`},
		},
		"section below a value": {
			"[sync.settle.x]\n", []string{`config.toml:1:2: sync.settle: must be a duration in quotes, such as "30s", "3m" or "72h", not a table`},
		},
		"key below a value": {
			"[sync]\nsettle.minutes = 3\n", []string{`config.toml:2:1: sync.settle: must be a duration in quotes, such as "30s", "3m" or "72h", not a table`},
		},
		"unknown section in a section": {
			"[mapping.chanels]\nvoice = 'x'\n",
			[]string{"config.toml:1:2: mapping.chanels: unknown section; did you mean [mapping.channels]?"},
		},
		"section as a list": {
			"[[sync]]\nsettle = 3\n", []string{"config.toml:1:3: sync: cannot be given several times: write [sync]"},
		},
		"wrong types": {
			"[agent_connect]\nconcurrency = 2.5\nstamp = 'yes'\nsubdomain = true\ntimeout = 2026-11-22\napi_key = 12345\n" +
				"[filters]\ndo_not_send_attributes = 'a'\n[mapping]\nchannels = ['voice']\n",
			[]string{
				"config.toml:2:1: agent_connect.concurrency: must be a whole number, not a number",
				"config.toml:3:1: agent_connect.stamp: must be true or false, not text in quotes",
				"config.toml:4:1: agent_connect.subdomain: must be text in quotes, not true or false",
				`config.toml:5:1: agent_connect.timeout: must be a duration in quotes, such as "30s", "3m" or "72h", not a date or time`,
				"config.toml:6:1: agent_connect.api_key: must be text in quotes, not a number",
				`config.toml:8:1: filters.do_not_send_attributes: must be a list of texts, such as ["a", "b"], not text in quotes`,
				`config.toml:10:1: mapping.channels: must be a table of texts, such as { name = "text" }, not a list`,
			},
		},
		"wrong types inside": {
			"[filters]\ndo_not_send_attributes = ['a', 1]\n[mapping]\nchannels = { voice = 1, chat = { a = 'b' }, x.y = 'z' }\n",
			[]string{
				`config.toml:2:1: filters.do_not_send_attributes: must be a list of texts, such as ["a", "b"], not a number`,
				"config.toml:4:1: mapping.channels.chat: must be text in quotes, not a table",
				"config.toml:4:1: mapping.channels.voice: must be text in quotes, not a number",
				"config.toml:4:1: mapping.channels.x: must be text in quotes, not a table",
			},
		},
		"numbers out of any range": {
			"[sync]\nmax_per_run = 99999999999999999999\nmax_error_rate = 1e999\n[kustomer]\nreserve = nan\n",
			[]string{
				"config.toml:2:15: sync.max_per_run: is a number too large to be of use",
				"config.toml:3:18: sync.max_error_rate: is a number too large to be of use",
				"config.toml:5:1: kustomer.reserve: must be at least 0 and less than 1, is NaN",
			},
		},
		"keys and sections given twice": {
			"[sync]\nsettle = '3m'\nsettle = '4m'\n[kustomer]\n[sync]\nagent = 'closer'\n[mapping]\nchannels = { voice = 'a', voice = 'b' }\n",
			[]string{
				"config.toml:3:1: sync.settle: is given a second time; the first is on line 2",
				"config.toml:5:2: sync: is given a second time; the first is on line 1",
				"config.toml:8:1: mapping.channels: is given twice, in two ways at once, or holds a key twice",
			},
		},
		"table given in two ways": {
			"[mapping]\nchannels = { voice = 'a' }\n[mapping.channels]\nchat = 'b'\n",
			[]string{"config.toml:3:2: mapping.channels: is given a second time; the first is on line 2"},
		},
		"several syntax errors": {
			"[sync\nsettle = '3m'\n[filters]\ndo_not_send = skip\nskip_spam = ture\nskip_imported = true false\n[ledger]\npath = 'x\n",
			[]string{
				"config.toml:1:6: is not valid TOML: a header is written like [sync] or [[rule]]; its section was not looked at",
				`config.toml:4:15: filters.do_not_send: is not valid TOML: a value is true, false, a number, or text in quotes, such as "3m"`,
				`config.toml:5:13: filters.skip_spam: is not valid TOML: a value is true, false, a number, or text in quotes, such as "3m"`,
				`config.toml:6:22: filters.skip_imported: is not valid TOML: a value is true, false, a number, or text in quotes, such as "3m"`,
				"config.toml:8:10: ledger.path: is not valid TOML: a bracket, a quote or a comma is missing, or something follows the value",
			},
		},
		"list that is not closed": {
			"[filters]\nskip_imported = 3\ndo_not_send_attributes = [\n  'a',\n  'b'\nskip_spam = 3\n",
			[]string{
				"config.toml:2:1: filters.skip_imported: must be true or false, not a number",
				"config.toml:6:1: is not valid TOML: a bracket or a quote is not closed here or above, or a comma is missing",
			},
		},
		"text of several lines that is not closed": {
			"[kustomer]\norg = \"\"\"\n[sync]\nsettle = 3\n",
			[]string{"config.toml:4:11: is not valid TOML: a bracket or a quote is not closed here or above, or a comma is missing"},
		},
		"what was not read is not missed": {
			"[sync]\nagent = 3\noverlap = '25d'\n[[rule]]\nname = 'a'\nset = [\n[ledger]\nretain = '4d'\n",
			[]string{
				"config.toml:2:1: sync.agent: must be text in quotes, not a number",
				"config.toml:7:2: is not valid TOML: a bracket or a quote is not closed here or above, or a comma is missing",
			},
		},
		"keys are in small letters": {
			"[Sync]\nsettle = 3\n[sync]\nAgent = 'closer'\n",
			[]string{
				"config.toml:1:2: Sync: unknown section; did you mean [sync]?",
				"config.toml:4:1: sync.Agent: unknown key; did you mean sync.agent?",
			},
		},
		"backslash in a path": {
			"[ledger]\npath = \"C:\\Users\"\n",
			[]string{"config.toml:2:11: ledger.path: is not valid TOML: double each backslash, or put the text in single quotes"},
		},
		"windows line ends": {
			"[sync]\r\nsettle = 3\r\n",
			[]string{`config.toml:2:1: sync.settle: must be a duration in quotes, such as "30s", "3m" or "72h", not a number`},
		},
		"long names are not repeated": {
			"[kustomer]\n" + planted + " = 1\n",
			[]string{"config.toml:2:1: kustomer.(a name of 43 characters): unknown key"},
		},
		"long values are not repeated": {
			"[sync]\nagent = '" + planted + "'\n",
			[]string{`config.toml:2:1: sync.agent: must be one of "assigned", "closer", is a text of 43 characters`},
		},
		"chain of names": {
			"a.b.c.d.e = 1\n",
			[]string{"config.toml:1:1: a: unknown section"},
		},
		"rules that are none": {
			"rule = 3\n", []string{"config.toml:1:1: rule: must be a list of tables: write [[rule]] on a line of its own"},
		},
		"key of a rule without a rule": {
			"rule.name = 'a'\n", []string{"config.toml:1:1: rule: is a list of tables: write [[rule]]"},
		},
		"table of a rule without a rule": {
			"[rule.set]\n", []string{"config.toml:1:2: rule: is a list of tables: write [[rule]]"},
		},
		"values that are only checked": {
			"[mapping.custom_properties]\n'' = 'x'\n[ledger]\nretain = '4d'\n[kustomer]\nbase_url = 'http://hooks.example/secret'\n",
			[]string{
				"config.toml:2:1: mapping.custom_properties.\"\": must not have an empty name",
				"config.toml:4:1: ledger.retain: must be at least 30d, or 0 to remember for ever, is 4d: who was asked before that is forgotten",
				"config.toml:6:1: kustomer.base_url: must begin with https://; plain http is only for a loopback address",
			},
		},
		"bad channel entry": {
			"[mapping]\nchannels = { voice = '', chat = 'c' }\n",
			[]string{"config.toml:2:1: mapping.channels.voice: must not be empty: name the channel as it is set up in Agent Connect"},
		},
		"rule that is no list": {
			"[rule]\nname = 'x'\n[[rule]]\nname = 'a'\n[sync]\nsettle = 3\n",
			[]string{
				"config.toml:1:2: rule: is a list of tables: write [[rule]]",
				"config.toml:3:3: rule: is given a second time; the first is on line 1",
				`config.toml:6:1: sync.settle: must be a duration in quotes, such as "30s", "3m" or "72h", not a number`,
			},
		},
		"rules": {
			"\n\n[[rule]]\nname = 'a'\nwhen = 'true'\nactoin = 'skip'\n[rule.set]\nbrnd = 'x'\n[[rule]]\nname = 'a'\naction = 'drop'\n",
			[]string{
				"config.toml:6:1: rule[1].actoin: unknown key; did you mean rule[1].action?",
				"config.toml:8:1: rule[1].set.brnd: unknown key; did you mean rule[1].set.brand?",
				"config.toml:9:3: rule[2].when: must not be empty: write true for a rule that always holds",
				"config.toml:10:1: rule[2].name: is the name of a rule above; reports could not tell them apart",
				`config.toml:11:1: rule[2].action: must be one of "skip", "flag", "send", is "drop"`,
			},
		},
		"rules whose values cannot work": {
			"[[rule]]\nname = 'a:b'\nwhen = 'true'\naction = 'skip'\n[[rule]]\nname = 'idle'\nwhen = 'true'\n" +
				"[[rule]]\nname = 'mapping.brand'\nwhen = 'true'\ndelay = '31d'\n[rule.set]\ncustom_properties = { acsync_intent = 'tags', x = '' }\n",
			[]string{
				"config.toml:2:1: rule[1].name: must be at most 40 letters, digits, spaces, dots, hyphens and underscores, and begin and end with a letter or digit",
				"config.toml:5:3: rule[2]: does nothing: give it an action, a delay or something to set",
				`config.toml:9:1: rule[3].name: must not begin with "mapping." or "recovery.", by which reports name the expressions of those sections`,
				"config.toml:11:1: rule[3].delay: must be between 0s and 30d, is 31d",
				"config.toml:13:1: rule[3].set.custom_properties.acsync_intent: is written by acsync itself; see agent_connect.stamp",
				"config.toml:13:1: rule[3].set.custom_properties.x: must not be empty: give it an expression, or leave the property out",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, got := load(t, c.text)
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
			if diff := cmp.Diff(cfg, Config{}); diff != "" {
				t.Errorf("a faulty configuration is returned:\n%s", diff)
			}
		})
	}
}

func TestLoadManyFaults(t *testing.T) {
	var unknown strings.Builder
	for i := range 500 {
		fmt.Fprintf(&unknown, "unknown%d = 1\n", i)
	}
	for name, test := range map[string]struct {
		text string
		left int
	}{
		"unknown keys": {unknown.String(), 400},
		"one key":      {"[sync]\n" + strings.Repeat("settle = '3m'\n", 500), 101},
		"many lines":   {strings.Repeat("\n", maxLines) + unknown.String(), 400},
	} {
		_, got := load(t, test.text)
		want := fmt.Sprintf("and at least %d more faults; is this a configuration of acsync?", test.left)
		if len(got) != maxFaults+1 || got[maxFaults] != want {
			t.Errorf("%s: %d lines, the last: %s", name, len(got), got[len(got)-1])
		}
	}
}

func TestLoadStrangeFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"zero byte":         {"[sync]\nsettle = \"\x00\"\n", "config.toml:2:11: is not a text file: it holds a zero byte here"},
		"invalid UTF-8":     {"[sync]\n# caf\xe9\n", "config.toml:2:6: is not UTF-8 text: a byte here is invalid; save it as UTF-8"},
		"UTF-16":            {"\xff\xfe[\x00s\x00", "config.toml:1:1: is UTF-16; save it as UTF-8"},
		"UTF-16 big endian": {"\xfe\xff\x00[\x00s", "config.toml:1:1: is UTF-16; save it as UTF-8"},
		"10 MB":             {strings.Repeat("# filler\n", 10<<20/9), "config.toml: is larger than 256 KiB, which no configuration is; is it the right file?"},
		"lone CR":           {"[sync]\rsettle = 1\r", "config.toml:1:7: is not valid TOML: a header is written like [sync] or [[rule]]; its section was not looked at"},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := load(t, c.text)
			if diff := cmp.Diff(got, []string{c.want}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestLoadFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	locked := filepath.Join(dir, "locked.toml")
	if err := os.WriteFile(locked, nil, 0o200); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		want string
	}{
		"missing":    {filepath.Join(dir, "none.toml"), "none.toml: does not exist; create it with acsync init, or name another with --config"},
		"directory":  {dir, dir + ": is a directory; name the file in it"},
		"unreadable": {locked, "locked.toml: cannot be opened: permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "unreadable" && os.Geteuid() == 0 {
				t.Skip("root can read every file")
			}
			_, err := Load(Source{Path: c.path})
			if err == nil || !strings.HasSuffix(err.Error(), c.want) || strings.Count(err.Error(), filepath.Base(c.path)) != 1 {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestLoadWithoutMuch(t *testing.T) {
	for name, s := range map[string]Source{
		"no file":    {},
		"empty file": {Path: write(t, "")},
		"mark only":  {Path: write(t, "\xef\xbb\xbf")},
		"mark":       {Path: write(t, "\xef\xbb\xbf[sync]\r\nsettle = '3m'\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, faults := loadSource(t, s)
			if faults != nil {
				t.Fatal(faults)
			}
			want := Default()
			if s.Path != "" {
				want.Ledger.Path = filepath.Join(filepath.Dir(s.Path), "acsync.db")
			}
			if diff := cmp.Diff(cfg, want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestLoadPathsBeginAtTheFile(t *testing.T) {
	path := write(t, "")
	conf := filepath.Dir(path)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere.db")
	for given, want := range map[string]string{
		"ledger/a.db": filepath.Join(conf, "ledger", "a.db"),
		"../a.db":     filepath.Join(filepath.Dir(conf), "a.db"),
		elsewhere:     elsewhere,
	} {
		cfg, err := Load(Source{Path: path, Env: []string{"ACSYNC_LEDGER_PATH=" + given}})
		if err != nil || cfg.Ledger.Path != want {
			t.Errorf("%s: got %s (%v), want %s", given, cfg.Ledger.Path, err, want)
		}
	}
}

func TestLoadOverrideComesLast(t *testing.T) {
	path := write(t, "[sync]\nmax_per_run = 7\nsettle = '4m'\n[mapping]\nchannels = { chat = 'c' }\n")
	cfg, err := Load(Source{Path: path, Env: []string{"ACSYNC_SYNC_MAX_PER_RUN=8"}, Override: func(c *Config) {
		c.Sync.MaxPerRun++
		c.Ledger.Path = "here.db"
	}})
	if err != nil || cfg.Sync.MaxPerRun != 9 || cfg.Sync.Settle != 4*minute || cfg.Ledger.Path != "here.db" {
		t.Errorf("got %d, %s, %s (%v)", cfg.Sync.MaxPerRun, cfg.Sync.Settle, cfg.Ledger.Path, err)
	}
	_, got := loadSource(t, Source{Path: path, Override: func(c *Config) {
		c.Sync.MaxPerRun = -1
		c.Mapping.Channels["chat"] = ""
	}})
	want := []string{ // the values are not the file's, so no line of it is blamed
		"sync.max_per_run: must be at least 1, is -1; --dry-run is the way to send nothing",
		"mapping.channels.chat: must not be empty: name the channel as it is set up in Agent Connect",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}

// TestOrigins tells where each value has come from, a secret's without the secret, also where the configuration is
// refused in the end.
func TestOrigins(t *testing.T) {
	var got map[string]string
	path := write(t, "[sync]\nsettle = \"4m\"\n[kustomer]\napi_key_file = \"key\"\n[[rule]]\nname = \"a\"\nwhen = \"true\"\naction = \"no such\"\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "key"), []byte("key-4711"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(Source{
		Path: path, Env: []string{"ACSYNC_SYNC_OVERLAP=31m", "AGENT_CONNECT_API_KEY=key-4712"},
		Origins: func(o map[string]string) { got = o },
	})
	if err == nil {
		t.Error("the configuration is accepted")
	}
	for key, want := range map[string]string{
		"sync.settle": path + ":2", "sync.overlap": "ACSYNC_SYNC_OVERLAP", "agent_connect.api_key": "AGENT_CONNECT_API_KEY",
		"kustomer.api_key": path + ":4", "rule[1].when": path + ":7", "sync.max_age": "",
	} {
		if got[key] != want {
			t.Errorf("%s: got %q, want %q", key, got[key], want)
		}
	}
}
