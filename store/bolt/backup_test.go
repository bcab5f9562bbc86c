package bolt

import (
	"os"
	"path/filepath"
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
