package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inline is the secret that every fuzzed file holds. The seeds do not, so that no mutation comes near it by itself.
const inline = "qz~inline~fedcba9876543210fedcba9876543210"

// FuzzLoad holds Load to its word: it ends without a panic, with a valid configuration or with faults, and no fault
// contains a secret that the file or the environment holds.
func FuzzLoad(f *testing.F) {
	for _, seed := range []struct{ before, after string }{
		{"[kustomer]\n", "\n"},
		{"[kustomer]\n", "\n[sync]\nsettle = 3m\noverlap = 5\n"},
		{"[kustomer\n", ""},
		{"kustomer = { ", " }"},
		{"[kustomer]\norg = [\n", "]\n"},
		{"[kustomer]\norg = \"", "\n"},
		{"[kustomer]\norg = '''", "'''\n"},
		{"\"", " = 1"},
		{"[[rule]]\n", "\n[rule.set]\ncustom_properties = { a = 'b' }\n[[rule]]"},
		{"[mapping.channels]\nvoice = 'x'\n", "\n[mapping]\nchannels = {}"},
		{"\xef\xbb\xbf# \r\n", "\r\n"},
		{"[agent_connect]\nbase_url = 'http://127.0.0.1:1'\n", "\n"},
		{"sync.delay = '1d'\nsync.timezone = 'Mars'\n", "\x00"},
	} {
		f.Add(seed.before, seed.after, "")
		for _, variable := range []string{
			"ACSYNC_KUSTOMER_BASE_URL=https://x:" + planted + "@host", "ACSYNC_KUSTOMER_ORG=" + planted,
			"ACSYNC_KUSTOMER_API_KEY_FILE=" + planted, "AGENT_CONNECT_API_SECRET=" + planted, planted + "=1", "ACSYNC_" + planted + "=1",
		} {
			f.Add(seed.before, seed.after, variable)
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, before, after, variable string) {
		path := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(path, []byte(before+"api_key = \""+inline+"\""+after), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := Load(Source{Path: path, Env: []string{variable}})
		if err == nil {
			if faults := cfg.Validate(); len(faults) > 0 {
				t.Fatalf("loaded, but not valid: %v", faults)
			}
			return
		}
		if faults, ok := errors.AsType[Faults](err); !ok || len(faults) == 0 {
			t.Fatalf("an error that is no fault: %v", err)
		}
		if text := err.Error(); strings.Contains(text, inline[:10]) || strings.Contains(text, planted) {
			t.Fatalf("a fault shows the secret: %v", err)
		}
	})
}
