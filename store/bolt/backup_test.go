package bolt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsync/store"
)

func TestBackup(t *testing.T) {
	l := testLedger(t, Options{})
	sample(t, l)
	want := all(t, l)
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	if err := l.Backup(path); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("got %v (%v), want the backup alone", left, err)
	}
	wantSame(t, all(t, openLedger(t, path, Options{ReadOnly: true, AcceptFence: true})), want)

	finish(t, l, id(99), store.Accepted)
	wantError(t, l.Backup(path), store.ErrExists)
	wantError(t, l.Backup(filepath.Join(dir, "none", "backup.db")), os.ErrNotExist)
	closeLedger(t, l)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(l.path, Options{})
	wantError(t, err, store.ErrRolledBack)
}

// A pass copies its ledger, goes on, and is killed before its fence has seen more: the copy is refused all the
// same, wherever it is put, and says what it is.
func TestCopyKnowsThatItIsOne(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	must(t, l.Commit(store.Batch{Checkpoint: noon})) // the fence is up to date
	path := filepath.Join(t.TempDir(), "backup.db")
	must(t, l.Backup(path))
	finish(t, l, id(2), store.Accepted)
	abandon(t, l)
	take(t, path, "").putBack(t, l.path)
	for _, o := range []Options{{}, {ReadOnly: true}} {
		_, err := Open(l.path, o)
		wantError(t, err, store.ErrRolledBack)
		if err == nil || !strings.Contains(err.Error(), "it is a copy of 20") {
			t.Errorf("it says %v", err)
		}
	}
	r := reopened(t, l.path, Options{AcceptFence: true})
	must(t, r.Adopt(store.Adoption{}))
	closeLedger(t, r)
	second := filepath.Join(t.TempDir(), "second.db")
	r = reopened(t, l.path, Options{})
	wantSame(t, record(t, r, id(1)).State, store.Accepted)
	must(t, r.Backup(second))
}
