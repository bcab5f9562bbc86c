//go:build unix

package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acsync/store"
)

// TestTakenAway removes, moves or replaces the file of a ledger that is in use: nothing is sent from then on, and the pass
// does not end as if it were well.
func TestTakenAway(t *testing.T) {
	for name, test := range map[string]struct {
		take func(path string) error
		want error
	}{
		"removed": {os.Remove, store.ErrMissing},
		"moved":   {func(path string) error { return os.Rename(path, path+".old") }, store.ErrMissing},
		"replaced by a copy": {func(path string) error {
			text, err := os.ReadFile(path)
			if err == nil {
				err = errors.Join(os.Remove(path), os.WriteFile(path, text, 0o600))
			}
			return err
		}, store.ErrDamaged},
	} {
		path := filepath.Join(t.TempDir(), "acsync.db")
		if err := Create(path, time.Now()); err != nil {
			t.Fatal(err)
		}
		ledger, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := ledger.Room(); err != nil {
			t.Errorf("%s: before it %v", name, err)
		}
		if err := test.take(path); err != nil {
			t.Fatal(err)
		}
		if err := ledger.Room(); !errors.Is(err, test.want) {
			t.Errorf("%s: there is room: %v", name, err)
		}
		run := store.Run{Pass: "p", Mode: "run", Started: time.Now(), Ended: time.Now()}
		if err := ledger.Commit(store.Batch{Run: &run}); !errors.Is(err, test.want) {
			t.Errorf("%s: the pass ends with %v", name, err)
		}
		_ = ledger.Close()
	}
}
