package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder writes a folder of tenants, of files by their names.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// member is Load of one tenant of a folder.
func member(t *testing.T, dir, name string, env ...string) (Config, string) {
	t.Helper()
	f, err := OpenFolder(dir, Source{Env: env})
	if err != nil {
		return Config{}, strings.ReplaceAll(err.Error(), dir+"/", "")
	}
	cfg, err := Load(f.Source(name, Source{Env: env}))
	if err != nil {
		return cfg, strings.ReplaceAll(err.Error(), dir+"/", "")
	}
	return cfg, ""
}

const rule = "[[rule]]\nname = '%'\nwhen = 'true'\naction = 'skip'\n"

func ruleNamed(name string) string { return strings.ReplaceAll(rule, "%", name) }

// TestFolderMerges puts the file of a tenant over what holds for all: tables key by key, lists as a whole, rules behind one
// another; paths begin where they are written.
func TestFolderMerges(t *testing.T) {
	dir := folder(t, map[string]string{
		"_defaults.toml": "[sync]\nsettle = '5m'\ndelay = '1h'\n[filters]\ndo_not_send_attributes = ['a', 'b']\n" +
			"[mapping.channels]\nchat = 'Chat'\nmail = 'Mail'\n" +
			"[kustomer]\napi_key_file = 'secrets/{tenant}'\n[ledger]\nbackup_dir = 'copies'\n" +
			"[notify]\nprometheus_textfile = 'figures/{tenant}.prom'\n" + ruleNamed("first") + ruleNamed("second"),
		"tenants/acme.toml": "[kustomer]\norg = 'acme'\n[sync]\nsettle = '7m'\n[filters]\ndo_not_send_attributes = ['c']\n" +
			"[mapping.channels]\nmail = 'Email'\n" + ruleNamed("third"),
		"tenants/bare.toml":  "inherit_rules = false\n[kustomer]\norg = 'bare'\napi_key = 'own'\n[ledger]\npath = 'own.db'\n" + ruleNamed("only"),
		"tenants/empty.toml": "",
		"secrets/acme":       "of-acme\n",
		"secrets/empty":      "of-empty\n",
	})
	acme, faults := member(t, dir, "acme", "ACSYNC_SYNC_OVERLAP=45m")
	if faults != "" {
		t.Fatal(faults)
	}
	want := Default()
	want.Kustomer.Org, want.Kustomer.APIKeyFile, want.Kustomer.APIKey = "acme", filepath.Join(dir, "secrets", "acme"), NewSecret("of-acme")
	want.Sync.Settle, want.Sync.Delay, want.Sync.Overlap = 7*minute, 60*minute, 45*minute
	want.Filters.DoNotSendAttributes = []string{"c"}
	want.Mapping.Channels = map[string]string{"voice": "phone", "chat": "Chat", "mail": "Email"}
	want.Ledger.Path, want.Ledger.BackupDir, want.Ledger.Name = filepath.Join(dir, "ledger", "acme.db"), filepath.Join(dir, "copies"), "acme"
	want.Notify.PrometheusTextfile = filepath.Join(dir, "figures", "acme.prom")
	for _, name := range []string{"first", "second", "third"} {
		want.Rules = append(want.Rules, Rule{Name: name, When: "true", Action: "skip"})
	}
	if diff := cmp.Diff(acme, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
	bare, faults := member(t, dir, "bare")
	if faults != "" || bare.Kustomer.APIKey.Reveal() != "own" || len(bare.Rules) != 1 ||
		bare.Ledger.Path != filepath.Join(dir, "tenants", "own.db") {
		t.Errorf("got %+v; %s", bare, faults)
	}
	if empty, faults := member(t, dir, "empty"); faults != "" || len(empty.Rules) != 2 || empty.Kustomer.APIKey.Reveal() != "of-empty" {
		t.Errorf("got %+v; %s", empty, faults)
	}
}

// TestFolderFaults holds that a fault is told in the file in which it stands, counted as there.
func TestFolderFaults(t *testing.T) {
	const defaults = "[sync]\nsettle = '5m'\n"
	for name, c := range map[string]struct{ defaults, tenant, env, want string }{
		"in the defaults":          {"[sync]\nsettle = '9d'\n", "", "", "_defaults.toml:2:1: sync.settle: must be between"},
		"in the tenant's":          {defaults, "[sync]\nsettle = '9d'\n", "", "tenants/acme.toml:2:1: sync.settle: must be between"},
		"a type in the defaults":   {"[sync]\nsettle = 9\n", "", "", "_defaults.toml:2:1: sync.settle: must be a duration"},
		"of both":                  {"[sync]\noverlap = '0s'\n", "[sync]\nsettle = '0s'\n", "", "_defaults.toml:2:1: sync.overlap: must not be 0"},
		"a rule of the defaults":   {ruleNamed("a/b"), ruleNamed("c"), "", "_defaults.toml:2:1: rule[1].name: must be at most"},
		"a rule of the tenant's":   {ruleNamed("a"), ruleNamed("b") + ruleNamed("c/d"), "", "tenants/acme.toml:6:1: rule[2].name: must be at most"},
		"a key of that":            {ruleNamed("a"), ruleNamed("b") + "colour = 1\n", "", "tenants/acme.toml:5:1: rule[1].colour: unknown key"},
		"a rule of the same name":  {ruleNamed("a"), ruleNamed("a"), "", "tenants/acme.toml:2:1: rule[1].name: is the name of a rule above"},
		"inherit_rules misplaced":  {"", "[sync]\ninherit_rules = false\n", "", "must stand above the first section"},
		"inherit_rules of all":     {"inherit_rules = false\n", "", "", "_defaults.toml:1:1: inherit_rules: is for the file of a tenant"},
		"inherit_rules mistyped":   {"", "inherit_rules = 'no'\n", "", "tenants/acme.toml:1:1: inherit_rules: must be true or false"},
		"other braces":             {"[ledger]\npath = '/x/{org}.db'\n", "", "", "_defaults.toml:2:1: ledger.path: holds a brace: {tenant} alone"},
		"half of them":             {"[ledger]\npath = '/x/{tenant.db'\n", "", "", "holds a brace"},
		"other braces, a command":  {"[kustomer]\napi_key_command = ['x', 'a/{name}']\n", "", "", "holds another name in braces"},
		"two sources in one file":  {"", "[kustomer]\napi_key_env = 'A'\napi_key_file = 'b'\n", "", "is given as well"},
		"a secret for all":         {"", "", "KUSTOMER_API_KEY=hush", "KUSTOMER_API_KEY: kustomer.api_key: is of one tenant"},
		"a secret's file for all":  {"", "", "ACSYNC_KUSTOMER_API_KEY_FILE=hush", "is of one tenant"},
		"an organisation for all":  {"", "", "ACSYNC_KUSTOMER_ORG=acme", "is of one tenant"},
		"a ledger for all":         {"", "", "ACSYNC_LEDGER_PATH=/x/{tenant}.db", "is of one tenant"},
		"a variable near another":  {"", "", "ACSYNC_SYNC_SETLE=1m", "did you mean ACSYNC_SYNC_SETTLE"},
		"nothing, with a variable": {"[kustomer]\napi_key_env = '{tenant}_KEY'\n", "", "acme_KEY=hush", ""},
		"nothing, a template":      {"", "[kustomer]\napi_key_command = ['echo', '{{.Data}}-{tenant}']\n", "PATH=" + os.Getenv("PATH"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, map[string]string{"_defaults.toml": c.defaults, "tenants/acme.toml": c.tenant})
			_, got := member(t, dir, "acme", c.env)
			if !strings.Contains(got, c.want) || (c.want == "") != (got == "") || strings.Contains(got, "hush") {
				t.Errorf("got %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestPlaceholderAlone refuses a file of a folder that is read as a single one: its ledger would be another.
func TestPlaceholderAlone(t *testing.T) {
	for _, text := range []string{"[ledger]\npath = '{tenant}.db'\n", "inherit_rules = false\n"} {
		if _, faults := load(t, text); !strings.Contains(strings.Join(faults, ""), "--config-dir") {
			t.Errorf("%s: %v", text, faults)
		}
	}
}

// TestFolderLists holds which files are tenants, and that nothing which may have been meant as one is passed over silently.
func TestFolderLists(t *testing.T) {
	dir := folder(t, map[string]string{
		"tenants/b.toml": "", "tenants/a-1.toml": "", "tenants/.a.toml.swp": "", "tenants/a.toml~": "", "tenants/#a.toml#": "",
		"tenants/..data/x.toml": "", "tenants/a.toml.bak": "", "tenants/Upper.toml": "", "tenants/a_b.toml": "", "tenants/notes.txt": "",
		"tenants/-x.toml": "", "stray.toml": "", "secrets/x": "", "_defaults.toml": "",
	})
	f, err := OpenFolder(dir, Source{})
	if err != nil || !slices.Equal(f.Names, []string{"a-1", "b"}) {
		t.Fatalf("got %v, %v", f.Names, err)
	}
	var strays []string
	for _, each := range f.Strays {
		strays = append(strays, filepath.Base(each.File))
	}
	if want := []string{"-x.toml", "Upper.toml", "a_b.toml", "notes.txt", "stray.toml"}; !slices.Equal(strays, want) {
		t.Errorf("got %q, want %q", strays, want)
	}
	if _, err := OpenFolder(filepath.Join(dir, "none"), Source{}); err == nil || !strings.Contains(err.Error(), "--config-dir") {
		t.Error(err)
	}
	if err := f.Known("a-2"); err == nil || !strings.Contains(err.Error(), "did you mean a-1") {
		t.Error(err)
	}
	for _, name := range []string{"../tenants/b", "", "."} {
		if f.Known(name) == nil {
			t.Errorf("%q is known", name)
		}
	}
}

// TestCollisions holds who is refused: two that are one, of different spelling too. The rest goes on.
func TestCollisions(t *testing.T) {
	of := func(org, subdomain, ledger string) Config {
		cfg := Default()
		cfg.Kustomer.Org, cfg.AgentConnect.Subdomain, cfg.Ledger.Path = org, subdomain, ledger
		return cfg
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	spelled := of("one", "", "/l/5")
	spelled.Kustomer.Org, spelled.Kustomer.BaseURL = "", "https://ONE.api.kustomerapp.com/"
	inDatabase := of("six", "", "acsync.db")
	inDatabase.Ledger.URLFile, inDatabase.Ledger.Name = "/run/url", "shared"
	another := inDatabase
	another.Kustomer.Org = "seven"
	apart := another
	apart.Kustomer.Org, apart.Ledger.Name = "eight", "own"
	refused, warnings := Collisions(map[string]Config{
		"a": of("one", "", "/l/1"), "b": spelled, "c": of("two", "", "/l/3"), "d": of("two", "brand", "/l/4"),
		"e": of("three", "", filepath.Join(dir, "real", "x.db")), "f": of("four", "", filepath.Join(dir, "link", "x.db")),
		"p": inDatabase, "q": another, "r": apart,
		"g": of("five", "", "/l/7"),
		"h": of("", "", "/l/8"), "i": of("", "", "/l/9"),
	})
	for name, want := range map[string]string{"a": "kustomer.org", "b": "kustomer.org", "e": "ledger.path", "f": "ledger.path", "p": "ledger.name", "q": "ledger.name"} {
		if got := refused[name]; len(got) != 1 || got[0].Key != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if len(refused) != 6 || len(warnings) != 2 || !strings.Contains(warnings["c"][0], "add up to 600") {
		t.Errorf("refused %v, warnings %v", refused, warnings)
	}
}
