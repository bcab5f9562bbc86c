package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLedgerPlace holds how the two keys about the ledger's place are read: words stay words, and paths begin at the file.
func TestLedgerPlace(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(t.TempDir(), "disk")
	for name, test := range map[string]struct {
		text, env string
		want      Ledger
		fault     string
	}{
		"by themselves":       {"", "", Ledger{Witness: "auto"}, ""},
		"off":                 {`witness = "off"`, "", Ledger{Witness: "off"}, ""},
		"a directory":         {`witness = '` + elsewhere + `'`, "", Ledger{Witness: elsewhere}, ""},
		"beside the file":     {`witness = "./auto"`, "", Ledger{Witness: filepath.Join(dir, "auto")}, ""},
		"the environment":     {`witness = "off"`, "ACSYNC_LEDGER_WITNESS=" + elsewhere, Ledger{Witness: elsewhere}, ""},
		"a container":         {"", "ACSYNC_LEDGER_MACHINE=blue", Ledger{Witness: "auto", Machine: "blue"}, ""},
		"a line of a file":    {"", "ACSYNC_LEDGER_MACHINE= blue \r", Ledger{Witness: "auto", Machine: "blue"}, ""},
		"a trailing blank":    {`machine = "blue "`, "", Ledger{Witness: "auto", Machine: "blue"}, ""},
		"a word":              {`witness = "none"`, "", Ledger{}, `must be "auto", "off", or the path`},
		"a word in capitals":  {`witness = "Off"`, "", Ledger{}, `must be "auto", "off", or the path`},
		"nothing":             {`witness = ""`, "", Ledger{}, `must be "auto", "off", or the path`},
		"blanks":              {`witness = " "`, "", Ledger{}, `must be "auto", "off", or the path`},
		"no machine":          {`machine = " "`, "", Ledger{}, "text of one line"},
		"a machine of lines":  {`machine = "a\nb"`, "", Ledger{}, "text of one line"},
		"a switch, no string": {`witness = false`, "", Ledger{}, "ledger.witness"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := Load(Source{Path: filepath.Join(dir, "config.toml"), Text: []byte("[ledger]\n" + test.text + "\n"), Env: []string{test.env}})
			switch {
			case test.fault != "":
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want a fault that says %q", err, test.fault)
				}
			case err != nil:
				t.Error(err)
			case cfg.Ledger.Witness != test.want.Witness || cfg.Ledger.Machine != test.want.Machine:
				t.Errorf("got %+v", cfg.Ledger)
			}
		})
	}
}

// TestLedgerInDatabase holds what goes with a database, and what does not: above all no password in the configuration, and no
// two places for one ledger.
func TestLedgerInDatabase(t *testing.T) {
	dir := t.TempDir()
	const url = "postgres://acsync:s3cret@db.example.com/acsync"
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct{ text, env, fault string }{
		"an address":                {`url = "postgres://acsync@db.example.com/acsync"`, "", ""},
		"the other scheme":          {`url = "postgresql:///acsync?host=/run/postgresql"`, "", ""},
		"a file":                    {`url_file = '` + write("url", url+"\n") + `'`, "", ""},
		"a variable":                {"", "ACSYNC_LEDGER_URL=" + url, ""},
		"a password in the file":    {`url = "` + url + `"`, "", "has a password"},
		"one behind the host":       {`url = "postgres://db.example.com/acsync?user=acsync&password=secret"`, "", "has a password"},
		"no database":               {`url = "postgres://db.example.com"`, "", "must be the address of a database"},
		"another scheme":            {`url = "mysql://db.example.com/acsync"`, "", "must be the address of a database"},
		"words":                     {`url = "host=db.example.com"`, "", "must be the address of a database"},
		"two places":                {"path = \"acsync.db\"", "ACSYNC_LEDGER_URL=" + url, "keep one of the two"},
		"a file's backups":          {"backup_dir = \"/mnt/backups\"", "ACSYNC_LEDGER_URL=" + url, "no backup would be made"},
		"a short lease":             {"lease = \"30s\"", "ACSYNC_LEDGER_URL=" + url, "three times agent_connect.timeout"},
		"a short lease of a file":   {"lease = \"30s\"", "", ""},
		"no quarantine":             {"takeover_quarantine = \"0s\"", "", "ledger.takeover_quarantine"},
		"a name of another kind":    {"name = \"Acme Inc\"", "ACSYNC_LEDGER_URL=" + url, "ledger.name"},
		"a name":                    {"name = \"acme-eu\"", "ACSYNC_LEDGER_URL=" + url, ""},
		"a file that has no secret": {"url_file = '" + write("empty", "\n") + "'", "", "ledger.url_file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write("config.toml", "[kustomer]\norg = \"acme\"\n[ledger]\n"+test.text+"\n")
			cfg, err := Load(Source{Path: path, Env: []string{test.env}})
			switch {
			case test.fault != "":
				if err == nil || !strings.Contains(err.Error(), test.fault) || strings.Contains(err.Error(), "s3cret") {
					t.Errorf("got %v, want a fault that says %q", err, test.fault)
				}
			case err != nil:
				t.Error(err)
			case cfg.Ledger.InDatabase() == strings.HasSuffix(name, "of a file"), cfg.LedgerName() == "":
				t.Errorf("got %+v, named %q", cfg.Ledger, cfg.LedgerName())
			}
		})
	}
}
