//go:build unix

package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExposedKeyFile warns of a key file that others can get at, once for each, and refuses none.
func TestExposedKeyFile(t *testing.T) {
	root := os.Geteuid() == 0
	for mode, warns := range map[os.FileMode]bool{
		0o600: false, 0o400: false, 0o640: !root, 0o440: !root, 0o604: true, 0o644: true, 0o666: true,
	} {
		for base, remote := range map[string]bool{"": true, "http://127.0.0.1:8080": false} {
			t.Run(fmt.Sprintf("%o %s", mode, base), func(t *testing.T) {
				path := write(t, "[kustomer]\nbase_url = '"+base+"'\napi_key_file = 'key'\n")
				keyFile(t, path, "key", planted)
				if err := os.Chmod(filepath.Join(filepath.Dir(path), "key"), mode); err != nil {
					t.Fatal(err)
				}
				var warnings []string
				_, faults := loadSource(t, Source{Path: path, Warn: func(text string) { warnings = append(warnings, text) }})
				if faults != nil || len(warnings) > 1 || (len(warnings) == 1) != (warns && remote) {
					t.Errorf("got %q and %q", warnings, faults)
				}
				if text := strings.Join(warnings, ""); warns && remote && !strings.Contains(text, "kustomer.api_key_file names is not for its owner alone") {
					t.Errorf("got %q", text)
				}
			})
		}
	}
}

// TestExposedConfiguration refuses a key in a configuration that others can read, but not where it is handed to a
// service: as a file of root's for its group, or mounted from a secret of Kubernetes.
func TestExposedConfiguration(t *testing.T) {
	root := os.Geteuid() == 0
	for mode, refused := range map[os.FileMode]bool{
		0o600: false, 0o400: false, 0o640: !root, 0o440: !root, 0o604: true, 0o644: true,
	} {
		path := write(t, "[kustomer]\napi_key = '"+planted+"'\n")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, faults := loadSource(t, Source{Path: path}); (faults != nil) != refused {
			t.Errorf("%o: got %q", mode, faults)
		}
		data := filepath.Join(filepath.Dir(path), "..data")
		if err := errors.Join(os.Mkdir(data, 0o755), os.Rename(path, filepath.Join(data, "c")), os.Symlink("..data/c", path)); err != nil {
			t.Fatal(err)
		}
		if _, faults := loadSource(t, Source{Path: path}); faults != nil {
			t.Errorf("%o, mounted: got %q", mode, faults)
		}
	}
}

// TestMountedKeyFile leaves alone what Kubernetes mounts: links, and files that all in the container may read.
func TestMountedKeyFile(t *testing.T) {
	path := write(t, "[agent_connect]\napi_key_file = 'keys/agent'\napi_secret_file = 'linked'\n")
	keys := filepath.Join(filepath.Dir(path), "keys")
	if err := os.MkdirAll(filepath.Join(keys, "..2026_10_01"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"keys/..2026_10_01/agent", "secret"} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(planted+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"keys/..data": "..2026_10_01", "keys/agent": "..data/agent",
		"linked": "secret", // any other link is what it leads to
	} {
		if err := os.Symlink(target, filepath.Join(filepath.Dir(path), name)); err != nil {
			t.Fatal(err)
		}
	}
	var warnings []string
	_, faults := loadSource(t, Source{Path: path, Warn: func(text string) { warnings = append(warnings, text) }})
	if faults != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "agent_connect.api_secret_file") {
		t.Errorf("got %q and %q", warnings, faults)
	}
	for path, want := range map[string]bool{
		"/run/secrets/key": true, "/var/run/secrets/acme/key": true, "/run/secrets.d/key": false, "/run/secrets/../key": false,
	} {
		if mounted(path) != want {
			t.Errorf("%s is mounted: %t", path, !want)
		}
	}
}
