package tenant

import (
	"path/filepath"
	"runtime"
	"testing"

	"acsync/store/bolt"
	"acsync/sync/config"
)

// TestStateDir finds the user's own directory in the environment of the command, and nowhere else.
func TestStateDir(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("absolute paths are other ones")
	}
	for name, c := range map[string]struct {
		system   string
		env      []string
		dir, why string
	}{
		"home":                   {"linux", []string{"HOME=/home/a"}, "/home/a/.local/state/acsync", ""},
		"state directory":        {"linux", []string{"HOME=/home/a", "XDG_STATE_HOME=/state"}, "/state/acsync", ""},
		"one that is relative":   {"linux", []string{"HOME=/home/a", "XDG_STATE_HOME=state"}, "/home/a/.local/state/acsync", ""},
		"neither":                {"linux", []string{"HOME=", "USER=a"}, "", "HOME is not set"},
		"macOS":                  {"darwin", []string{"HOME=/Users/a"}, "/Users/a/Library/Application Support/acsync", ""},
		"Windows":                {"windows", []string{"LocalAppData=/c/a"}, "/c/a/acsync", ""},
		"Windows, without a one": {"windows", []string{"HOME=/home/a"}, "", "LocalAppData is not set"},
	} {
		if dir, why := stateDir(c.system, c.env); dir != c.dir || why != c.why {
			t.Errorf("%s: got %q, %q", name, dir, why)
		}
	}
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		ledger config.Ledger
		env    []string
		want   bolt.Place
	}{
		"by itself": {
			config.Ledger{Witness: "auto"},
			[]string{"KUBERNETES_SERVICE_HOST=10.0.0.1", "XDG_STATE_HOME=" + dir, "LocalAppData=" + dir},
			bolt.Place{Witness: filepath.Join(dir, "acsync")},
		},
		"off, and named": {
			config.Ledger{Witness: "off", Machine: "blue"},
			[]string{"container=podman"},
			bolt.Place{Machine: "blue", Without: "ledger.witness is off"},
		},
		"a directory": {
			config.Ledger{Witness: dir, Machine: "blue"},
			nil,
			bolt.Place{Machine: "blue", Witness: dir, Required: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "darwin" && c.ledger.Witness == "auto" {
				t.Skip("it has another directory")
			}
			if got := *newPlace(c.ledger, c.env); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
	if (file{&Tenant{Demo: &Demo{}}}).place() != nil {
		t.Error("the sandbox's ledger is bound to a place")
	}
}
