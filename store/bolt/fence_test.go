package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// closeLedger closes a ledger and gives the bytes that it leaves.
func closeLedger(t *testing.T, l *Ledger) []byte {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// wantFence compares a fence but for the number of the opening, which is random.
func wantFence(t *testing.T, l *Ledger, want fence) {
	t.Helper()
	got, err := readFence(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Opening) != 2*openingBytes {
		t.Errorf("the fence bears the opening %q", got.Opening)
	}
	got.Opening, want.Opening = "", ""
	wantSame(t, got, want)
}

func TestFenceMismatch(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, path string, f fence) error
		want  string
	}{
		"missing": {func(_ *testing.T, path string, _ fence) error {
			return os.Remove(path + fenceSuffix)
		}, "is missing"},
		"empty": {func(_ *testing.T, path string, _ fence) error {
			return os.WriteFile(path+fenceSuffix, nil, 0o600)
		}, "cannot be read"},
		"of another ledger": {func(_ *testing.T, path string, f fence) error {
			f.Ledger = "0123456789abcdef"
			return f.write(path)
		}, "left by ledger 0123456789abcdef"},
		"a transaction ahead": {func(_ *testing.T, path string, f fence) error {
			f.Transaction++
			return f.write(path)
		}, "ends with transaction"},
		"an accepted one ahead": {func(_ *testing.T, path string, f fence) error {
			f.Accepted++
			return f.write(path)
		}, "1 accepted survey requests, its fence of 2"},
		"of another opening": {func(_ *testing.T, path string, f fence) error {
			f.Opening = "0123456789abcdef"
			return f.write(path)
		}, "opened for writing"},
	} {
		t.Run(name, func(t *testing.T) {
			l := testLedger(t, Options{})
			finish(t, l, id(1), store.Accepted)
			before := closeLedger(t, l)
			f, err := readFence(l.path)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(t, l.path, f); err != nil {
				t.Fatal(err)
			}
			for _, readOnly := range []bool{true, false} {
				_, err := Open(l.path, Options{ReadOnly: readOnly})
				wantError(t, err, store.ErrRolledBack)
				if err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %q, want it to say %q", err, c.want)
				}
			}
			after, err := os.ReadFile(l.path)
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("a ledger that was refused has changed (%v)", err)
			}
			m := openLedger(t, l.path, Options{AcceptFence: true})
			must(t, m.Adopt(store.Adoption{Excused: true}))
			closeLedger(t, m)
			openLedger(t, l.path, Options{})
		})
	}
}

// Earlier versions wrote into the fence too what the file looked like.
func TestFenceWithAStamp(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	want, err := readFence(l.path)
	must(t, err)
	text, err := os.ReadFile(l.path + fenceSuffix)
	must(t, err)
	old := strings.Replace(string(text), "}", `,"stamp":{"file":"7 1.5","size":32768,"transaction":9,"free":"a1"}}`, 1)
	must(t, os.WriteFile(l.path+fenceSuffix, []byte(old), 0o600))
	got, err := readFence(l.path)
	must(t, err)
	wantSame(t, got, want)
	closeLedger(t, openLedger(t, l.path, Options{}))
	must(t, os.WriteFile(l.path+fenceSuffix, []byte(strings.Replace(old, "stamp", "stemp", 1)), 0o600))
	_, err = Open(l.path, Options{ReadOnly: true})
	wantError(t, err, store.ErrRolledBack)
}

// A reader that accepts the fence writes nothing, like any reader.
func TestAcceptFenceToRead(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	if err := os.Remove(l.path + fenceSuffix); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, openLedger(t, l.path, Options{ReadOnly: true, AcceptFence: true}))
	_, err := os.Stat(l.path + fenceSuffix)
	wantError(t, err, os.ErrNotExist)
}

func TestFenceIsKeptUpToDate(t *testing.T) {
	l := testLedger(t, Options{})
	f := fence{Ledger: l.id, Transaction: 2, Open: true}
	wantFence(t, l, f)
	finish(t, l, id(1), store.Accepted) // two transactions, which do not touch it
	wantFence(t, l, f)
	if err := l.Commit(store.Batch{Checkpoint: noon}); err != nil {
		t.Fatal(err)
	}
	f = fence{Ledger: l.id, Transaction: 5, Accepted: 1, Intents: 1, Open: true}
	wantFence(t, l, f)
	commit(t, l, store.Record{State: store.Skipped, Resolution: noon, At: noon}, id(2))
	wantFence(t, l, f)
	if err := l.Commit(store.Batch{Run: &store.Run{Pass: "a"}}); err != nil {
		t.Fatal(err)
	}
	f.Transaction = 7
	wantFence(t, l, f)
	finish(t, l, id(3), store.Accepted)
	closeLedger(t, l)
	wantFence(t, l, fence{Ledger: l.id, Transaction: 9, Accepted: 2, Intents: 2})
}

// A crash between a commit and the fence leaves the ledger ahead of its fence. It opens, and goes on.
func TestLedgerAheadOfItsFence(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	crashed, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(l.path + fenceSuffix)
	if err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	path := stored{fence: old}.place(t, crashed)
	l = openLedger(t, path, Options{})
	wantSame(t, record(t, l, id(1)).State, store.Accepted)
	closeLedger(t, l)
	wantFence(t, l, fence{Ledger: l.id, Transaction: 5, Accepted: 1, Intents: 1})
}

func TestOlderCopyIsRefused(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	old := closeLedger(t, l)
	l = openLedger(t, l.path, Options{})
	finish(t, l, id(2), store.Accepted)
	closeLedger(t, l)
	if err := os.WriteFile(l.path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(l.path, Options{})
	wantError(t, err, store.ErrRolledBack)
}

func TestOtherLedgerIsRefused(t *testing.T) {
	other := testLedger(t, Options{})
	sample(t, other)
	content := closeLedger(t, other)
	l := testLedger(t, Options{})
	closeLedger(t, l)
	if err := os.WriteFile(l.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(l.path, Options{})
	wantError(t, err, store.ErrRolledBack)
}

// A ledger that is gone is not begun anew while its fence remembers that there was one.
func TestCreateBesideAFence(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	if err := errors.Join(os.Remove(l.path), Create(l.path, noon)); err != nil {
		t.Fatalf("after one that was never used: %v", err)
	}
	l = openLedger(t, l.path, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	if err := os.Remove(l.path); err != nil {
		t.Fatal(err)
	}
	_, err := Open(l.path, Options{})
	wantError(t, err, store.ErrMissing)
	wantError(t, Create(l.path, noon), store.ErrRolledBack)
	if err := errors.Join(os.Remove(l.path+fenceSuffix), Create(l.path, noon)); err != nil {
		t.Error(err)
	}
}

// A fence that cannot be written ends the pass, but what was committed stays.
func TestFenceCannotBeWritten(t *testing.T) {
	l := testLedger(t, Options{})
	blocker := l.path + fenceSuffix + ".tmp"
	if err := os.MkdirAll(filepath.Join(blocker, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	checkpoint := noon.Add(time.Hour)
	if err := l.Commit(store.Batch{Checkpoint: checkpoint}); err == nil || !strings.Contains(err.Error(), "fence") {
		t.Errorf("got %v, want an error about the fence", err)
	}
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, info.Checkpoint, checkpoint)
	if err := os.RemoveAll(blocker); err != nil {
		t.Fatal(err)
	}
}

// The fence stays with the file, whatever the link by which that is reached.
func TestFenceBehindALink(t *testing.T) {
	l := testLedger(t, Options{})
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(l.path, link); err != nil {
		t.Skip(err)
	}
	closeLedger(t, l)
	m := openLedger(t, link, Options{})
	finish(t, m, id(1), store.Accepted)
	closeLedger(t, m)
	wantFence(t, l, fence{Ledger: l.id, Transaction: 5, Accepted: 1, Intents: 1})
}
