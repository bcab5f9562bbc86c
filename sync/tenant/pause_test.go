package tenant

import (
	"os"
	"path/filepath"
	"testing"

	"acsync/sync/config"
)

// TestPause survives the process, and stands still where nobody can read whether to.
func TestPause(t *testing.T) {
	cfg := config.Default()
	cfg.Ledger.Path = filepath.Join(t.TempDir(), "acme.db")
	one, other := &Tenant{Config: cfg}, &Tenant{Config: cfg}
	expect := func(want string) {
		t.Helper()
		got, err := other.Paused()
		if err != nil || (got == nil) != (want == "") || got != nil && want != "*" && got.Reason != want {
			t.Errorf("got %v, %v, want %q", got, err, want)
		}
	}
	act := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("")
	act(one.Resume())
	act(one.Pause("moving", ""))
	expect("moving")
	act(one.Pause("still moving", ""))
	expect("still moving")
	act(one.Resume())
	expect("")
	act(os.WriteFile(cfg.Ledger.Path+".paused", []byte("{"), 0o600))
	expect("*")
	act(one.Resume())
	expect("")
	act(one.Pause("x", ""))
	if left, err := filepath.Glob(cfg.Ledger.Path + "*"); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
