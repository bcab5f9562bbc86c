package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestSecretSources gets a key from each place that it can be kept in, and never shows it, nor what may hold it, where that
// fails.
func TestSecretSources(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the programs are of Unix")
	}
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "acme.kustomer"), []byte(" from-systemd\n"), 0o400))
	must(os.WriteFile(filepath.Join(dir, "tell"), []byte("#!/bin/sh\necho from-beside\n"), 0o700))
	must(os.WriteFile(filepath.Join(dir, "closed"), nil, 0o600))
	env := []string{"ACME_KEY= from-variable\n", "CREDENTIALS_DIRECTORY=" + dir, "PATH=" + os.Getenv("PATH")}
	for name, c := range map[string]struct{ text, want, fault string }{
		"variable":            {`api_key_env = "ACME_KEY"`, "from-variable", ""},
		"credential":          {`api_key_credential = "acme.kustomer"`, "from-systemd", ""},
		"command":             {`api_key_command = ["printf", '%s\n', "a b"]`, "", "printed what"},
		"command without one": {`api_key_command = ["printf", '  %s\n', "from-command"]`, "from-command", ""},
		"no shell":            {`api_key_command = ["echo", "$PATH;x"]`, "$PATH;x", ""},
		"command beside":      {`api_key_command = ["./tell"]`, "from-beside", ""},
		"none of them":        {"api_key_env = \"\"\napi_key_command = []\napi_key_credential = ''", "", ""},

		"unset variable":    {`api_key_env = "hush-4711"`, "", "environment variable that it names is not set, or empty"},
		"no such program":   {`api_key_command = ["hush-4711"]`, "", "there is no such program"},
		"not executable":    {`api_key_command = ["./closed"]`, "", "may not execute"},
		"failing":           {`api_key_command = ["sh", "-c", "echo hush-4711 >&2; echo hush-4712; exit 3"]`, "", "ended with exit status 3 and wrote 10 bytes to stderr"},
		"silent":            {`api_key_command = ["true"]`, "", "printed nothing"},
		"endless":           {`api_key_command = ["sh", "-c", "head -c 70000 /dev/zero | tr '\\0' h"]`, "", "printed more than 64 KiB"},
		"no credential":     {`api_key_credential = "hush-4711"`, "", "names no credential of this service"},
		"credential's path": {`api_key_credential = "../acme.kustomer"`, "", "without a directory"},
		"two":               {"api_key_env = 'ACME_KEY'\napi_key_credential = 'acme.kustomer'", "", "kustomer.api_key_credential is given as well: keep one of the two"},
		"inline and one":    {"api_key = 'hush-4711'\napi_key_command = ['true']", "", "kustomer.api_key_command is given as well"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "config.toml")
			must(os.WriteFile(path, []byte("[kustomer]\n"+c.text+"\n"), 0o600))
			cfg, faults := loadSource(t, Source{Path: path, Env: env})
			told := strings.Join(faults, "\n")
			if cfg.Kustomer.APIKey.Reveal() != c.want || !strings.Contains(told, c.fault) || (c.fault == "") != (told == "") {
				t.Errorf("got %.80q, want %q; faults %s", cfg.Kustomer.APIKey.Reveal(), c.want, told)
			}
			if strings.Contains(told, "hush") {
				t.Errorf("the key is told: %s", told)
			}
		})
	}
	t.Run("variables win", func(t *testing.T) {
		path := filepath.Join(dir, "config.toml")
		must(os.WriteFile(path, []byte("[kustomer]\napi_key_command = ['false']\n"), 0o600))
		cfg, faults := loadSource(t, Source{Path: path, Env: append(env, "ACSYNC_KUSTOMER_API_KEY_ENV=ACME_KEY")})
		if cfg.Kustomer.APIKey.Reveal() != "from-variable" || faults != nil {
			t.Errorf("got %q; faults %v", cfg.Kustomer.APIKey.Reveal(), faults)
		}
	})
	t.Run("without systemd", func(t *testing.T) {
		_, faults := load(t, "[kustomer]\napi_key_credential = 'x'\n")
		if !strings.Contains(strings.Join(faults, ""), "LoadCredential=") {
			t.Error(faults)
		}
	})
	t.Run("a plain look starts nothing", func(t *testing.T) {
		path := filepath.Join(dir, "config.toml")
		must(os.WriteFile(path, []byte("[kustomer]\napi_key_command = ['sh', '-c', 'echo x; touch "+dir+"/started']\n"), 0o600))
		cfg, faults := loadSource(t, Source{Path: path, Env: env, Plain: true})
		if _, err := os.Stat(filepath.Join(dir, "started")); err == nil || faults != nil || cfg.Kustomer.APIKey.IsSet() {
			t.Errorf("started: %v; faults %v", err == nil, faults)
		}
	})
}
