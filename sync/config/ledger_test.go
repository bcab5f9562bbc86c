package config

import (
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
