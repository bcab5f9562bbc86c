package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keyFile puts a secret's file beside a configuration file.
func keyFile(t *testing.T, config, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSecretsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		env  []string
		want string
	}{
		"environment":                        {"", []string{"KUSTOMER_API_KEY=" + planted}, planted},
		"file":                               {"[kustomer]\napi_key_file = 'key'\n", nil, "from-file"},
		"inline":                             {"[kustomer]\napi_key = 'inline'\n", nil, "inline"},
		"environment with a line break":      {"", []string{"KUSTOMER_API_KEY=" + planted + "\r\n"}, planted},
		"environment over file":              {"[kustomer]\napi_key_file = 'none'\n", []string{"KUSTOMER_API_KEY=" + planted}, planted},
		"environment over inline":            {"[kustomer]\napi_key = 'inline'\n", []string{"KUSTOMER_API_KEY=" + planted}, planted},
		"empty variable":                     {"[kustomer]\napi_key = 'inline'\n", []string{"KUSTOMER_API_KEY="}, "inline"},
		"file by environment over inline":    {"[kustomer]\napi_key = 'inline'\n", []string{"ACSYNC_KUSTOMER_API_KEY_FILE=key"}, "from-file"},
		"file by environment over file":      {"[kustomer]\napi_key_file = 'none'\n", []string{"ACSYNC_KUSTOMER_API_KEY_FILE=key"}, "from-file"},
		"empty ones":                         {"[kustomer]\napi_key = ''\napi_key_file = ''\n", nil, ""},
		"empty inline beside a file is none": {"[kustomer]\napi_key = ''\napi_key_file = 'key'\n", nil, "from-file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, c.text)
			keyFile(t, path, "key", "\xef\xbb\xbf \t from-file\r\n\n")
			cfg, faults := loadSource(t, Source{Path: path, Env: c.env})
			if got := cfg.Kustomer.APIKey.Reveal(); faults != nil || got != c.want {
				t.Errorf("got %q, want %q; faults %v", got, c.want, faults)
			}
		})
	}
}

func TestSecretFaults(t *testing.T) {
	for name, c := range map[string]struct {
		text, content string
		env           []string
		want          string
	}{
		"missing file":       {text: "api_key_file = 'none'", want: "config.toml:2:1: kustomer.api_key_file: the file that it names does not exist (relative paths begin at the configuration file)"},
		"key as a file name": {text: "api_key_file = '" + planted + "'", want: "config.toml:2:1: kustomer.api_key_file: the file that it names does not exist (relative paths begin at the configuration file)"},
		"file by environment": {
			env:  []string{"ACSYNC_KUSTOMER_API_KEY_FILE=none"},
			want: "ACSYNC_KUSTOMER_API_KEY_FILE: kustomer.api_key_file: the file that it names does not exist (relative paths begin at the configuration file)",
		},
		"empty file":    {text: "api_key_file = 'key'", content: " \n", want: "config.toml:2:1: kustomer.api_key_file: the file that it names is empty"},
		"directory":     {text: "api_key_file = '.'", want: "config.toml:2:1: kustomer.api_key_file: the file that it names is a directory; name the file in it"},
		"large file":    {text: "api_key_file = 'key'", content: strings.Repeat(planted, 2000), want: "config.toml:2:1: kustomer.api_key_file: the file that it names is larger than 64 KiB, which no key is; is it the right file?"},
		"several lines": {text: "api_key_file = 'key'", content: planted + "\n" + planted, want: "config.toml:2:1: kustomer.api_key_file: the file that it names has several lines; it must be the key alone"},
		"not a key":     {text: "api_key_file = 'key'", content: planted + " é", want: "config.toml:2:1: kustomer.api_key_file: the file that it names has a blank in it, which no key has; it must be the key alone"},
		"in quotes": {
			text: "api_key_file = 'key'", content: `"` + planted + `"` + "\n",
			want: "config.toml:2:1: kustomer.api_key_file: the file that it names is in quotes, which are no part of a key; " +
				"a file that sets variables (of Docker, for instance) keeps them: write the key without",
		},
		"inline not a key": {
			text: `api_key = "` + planted + ` \t"`,
			want: "config.toml:2:1: kustomer.api_key: has a blank in it, which no key has; it must be the key alone",
		},
		"two in the file": {
			text: "api_key = '" + planted + "'\napi_key_file = 'key'", content: planted,
			want: "config.toml:2:1: kustomer.api_key: kustomer.api_key_file is given as well: keep one of the two",
		},
		"two in the file, and the environment": {
			text: "api_key = '" + planted + "'\napi_key_file = 'key'", env: []string{"KUSTOMER_API_KEY=" + planted},
			want: "config.toml:2:1: kustomer.api_key: kustomer.api_key_file is given as well: keep one of the two",
		},
		"two in the environment": {
			env:  []string{"KUSTOMER_API_KEY=" + planted, "ACSYNC_KUSTOMER_API_KEY_FILE=key"},
			want: "KUSTOMER_API_KEY: kustomer.api_key: ACSYNC_KUSTOMER_API_KEY_FILE is given as well: keep one of the two",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "[kustomer]\n"+c.text+"\n")
			keyFile(t, path, "key", c.content)
			_, got := loadSource(t, Source{Path: path, Env: c.env})
			if diff := cmp.Diff(got, []string{c.want}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestInlineSecretNeedsAPrivateFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such mode bits")
	}
	for _, mode := range []os.FileMode{0o600, 0o400, 0o640, 0o604, 0o660, 0o644, 0o610} {
		for base, remote := range map[string]bool{
			"": true, "https://kustomer.example": true, "http://127.0.0.1:8080": false, "http://localhost:1/x": false, "http://[::1]": false,
		} {
			t.Run(fmt.Sprintf("%o %s", mode, base), func(t *testing.T) {
				path := write(t, "[kustomer]\nbase_url = '"+base+"'\napi_key = '"+planted+"'\n")
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
				_, got := loadSource(t, Source{Path: path})
				var want []string
				// Root hands a file to a service by its group.
				if forGroup := mode&0o070 != 0 && os.Geteuid() != 0; remote && (mode&0o007 != 0 || forGroup) {
					want = []string{"config.toml:3:1: kustomer.api_key: stands in a file that others can read; " +
						"run chmod 600 on the file, or set KUSTOMER_API_KEY or kustomer.api_key_file"}
				}
				if diff := cmp.Diff(got, want); diff != "" {
					t.Errorf("got -, want +\n%s", diff)
				}
			})
		}
	}
}

func TestInlineSecretIsExposedEvenWhenItIsNotUsed(t *testing.T) {
	path := write(t, "[kustomer]\napi_key = '"+planted+"'\n")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, got := loadSource(t, Source{Path: path, Env: []string{"KUSTOMER_API_KEY=" + planted}})
	if len(got) != 1 || !strings.HasPrefix(got[0], "config.toml:2:1: kustomer.api_key: stands in a file that others can read") {
		t.Errorf("got %q", got)
	}
}
