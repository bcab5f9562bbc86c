package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotifyAddresses holds that an address that is a secret is refused without a word of it, wherever it came from.
func TestNotifyAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"https://hc-ping.com/0b1c":                   "",
		"http://127.0.0.1:8080/ping/0b1c":            "",
		"https://hooks.example/services/0b1c?thread": "",
		"http://hooks.example/services/0b1c":         "must begin with https://",
		"https://user:0b1c@hooks.example/":           "must not hold a user or password",
		"hooks.example/services/0b1c":                "must be an absolute URL",
		"https://hooks.example/0b1c 0b1c":            "has a blank in it",
		"https://hooks.example/0b1c#0b1c":            "without ? or #",
	} {
		for _, key := range []string{"healthcheck_url", "webhook_url"} {
			path := filepath.Join(t.TempDir(), "address")
			if err := os.WriteFile(path, []byte(address+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			text := "[notify]\n" + key + "_file = '" + path + "'\n"
			_, err := Load(Source{Path: "config.toml", Text: []byte(text)})
			checkNotified(t, address, want, err)
			_, err = Load(Source{Env: []string{"ACSYNC_NOTIFY_" + strings.ToUpper(key) + "=" + address}})
			checkNotified(t, address, want, err)
		}
	}
}

func checkNotified(t *testing.T, address, want string, err error) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", address, err)
	case want == "":
	case err == nil || !strings.Contains(err.Error(), want):
		t.Errorf("%s: %v, want %q", address, err, want)
	case strings.Contains(err.Error(), "0b1c") || strings.Contains(err.Error(), "hooks"):
		t.Errorf("the error shows the address: %v", err)
	}
}

func TestTextfileNeedsItsExtension(t *testing.T) {
	_, err := Load(Source{Env: []string{"ACSYNC_NOTIFY_PROMETHEUS_TEXTFILE=/var/lib/acsync.txt"}})
	if err == nil || !strings.Contains(err.Error(), "must end with .prom") {
		t.Errorf("the error is %v", err)
	}
}
