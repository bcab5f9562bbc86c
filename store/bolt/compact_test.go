package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
)

// spread fills a ledger with keys in an order that leaves its pages half empty.
func spread(t *testing.T, l *Ledger) {
	t.Helper()
	var keys []store.Key
	for i := range 9000 {
		keys = append(keys, id(10_000+i*7919%9000))
	}
	for part := range slices.Chunk(keys, 500) {
		commit(t, l, store.Record{State: store.Skipped, Reason: "spam", Resolution: noon, At: noon}, part...)
	}
}

func TestCompact(t *testing.T) {
	l := testLedger(t, Options{})
	sample(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = unchecked(t, l.path)
	spread(t, l)
	want, before := all(t, l), info(t, l)
	closeLedger(t, l)
	if err := os.Chmod(l.path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Compact(l.path); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(l.path)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, stat.Mode().Perm(), os.FileMode(0o640))
	l = openLedger(t, l.path, Options{})
	wantSame(t, all(t, l), want)
	after := info(t, l)
	if after.Size >= before.Size {
		t.Errorf("got %d bytes, there were %d before", after.Size, before.Size)
	}
	after.Size, before.Size = 0, 0
	before.Transaction += 2 // one for each opening
	wantSame(t, after, before)
	wantFence(t, l, fence{Ledger: l.id, Transaction: before.Transaction, Accepted: 1, Intents: before.Intents, Open: true})
	wantSame(t, begin(t, l, id(2_000_000)).Number, uint64(5)) // the sequence of intents goes on
	left, err := os.ReadDir(filepath.Dir(l.path))
	if err != nil || len(left) != 3 {
		t.Errorf("got %v (%v), want the ledger, its fence and its holder alone", left, err)
	}
}

// unchecked opens a ledger without checking it in each commit.
func unchecked(t *testing.T, path string) *Ledger {
	t.Helper()
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func info(t *testing.T, l *Ledger) store.Info {
	t.Helper()
	i, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Whatever stops the compaction, the ledger is what it was.
func TestCompactLeavesWhatItCannotImprove(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, l *Ledger)
		want  error
	}{
		"in use":      {func(t *testing.T, l *Ledger) { openLedger(t, l.path, Options{ReadOnly: true}) }, store.ErrLocked},
		"rolled back": {func(t *testing.T, l *Ledger) { must(t, os.Remove(l.path+fenceSuffix)) }, store.ErrRolledBack},
		"damaged": {func(t *testing.T, l *Ledger) {
			content, err := os.ReadFile(l.path)
			must(t, err)
			must(t, os.WriteFile(l.path, bytes.ReplaceAll(content, []byte("conv-8"), []byte("conv-9")), 0o600))
		}, store.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			l := testLedger(t, Options{})
			sample(t, l)
			closeLedger(t, l)
			c.spoil(t, l)
			before, err := os.Stat(l.path)
			must(t, err)
			wantError(t, Compact(l.path, Options{Timeout: -1}), c.want)
			after, err := os.Stat(l.path)
			must(t, err)
			if !os.SameFile(before, after) {
				t.Error("the file was replaced")
			}
			left, err := os.ReadDir(filepath.Dir(l.path))
			must(t, err)
			for _, e := range left {
				if strings.HasSuffix(e.Name(), ".tmp") {
					t.Errorf("%s was left behind", e.Name())
				}
			}
		})
	}
}

// Who waited for the lock of a file that was replaced meanwhile must not work on the old one.
func TestOpenNoticesReplacement(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	synctest.Test(t, func(t *testing.T) {
		opened := make(chan error, 1)
		go func() {
			m, err := Open(l.path, Options{})
			if err == nil {
				if m.handle.Name() != l.path || m.inPlace() != nil {
					err = errors.New("the old file was opened")
				}
				err = errors.Join(err, m.Close())
			}
			opened <- err
		}()
		time.Sleep(time.Second) // it waits for the lock
		must(t, l.compact(false))
		must(t, l.Close())
		if err := <-opened; err != nil {
			t.Error(err)
		}
	})
}

// A file grows by more than a small ledger takes: compacted, it has no such space, and again it is no larger.
func TestCompactIsNeverLarger(t *testing.T) {
	for name, fill := range map[string]func(*testing.T, *Ledger){
		"empty": func(*testing.T, *Ledger) {},
		"few":   func(t *testing.T, l *Ledger) { sample(t, l) },
		"some": func(t *testing.T, l *Ledger) {
			commit(t, l, store.Record{State: store.Skipped, At: noon}, id(1), id(2), id(3))
		},
		"many": spread,
	} {
		t.Run(name, func(t *testing.T) {
			l := testLedger(t, Options{})
			path := l.path
			closeLedger(t, l)
			l = unchecked(t, path)
			fill(t, l)
			copied := path + ".copy"
			must(t, l.Backup(copied))
			closeLedger(t, l)
			size := func(path string) int64 {
				stat, err := os.Stat(path)
				must(t, err)
				return stat.Size()
			}
			before, whole := size(path), size(copied)
			for range 3 {
				if err := Compact(path); errors.Is(err, errors.ErrUnsupported) {
					t.Skip(err)
				} else if err != nil {
					t.Fatal(err)
				}
				// The opening itself takes a few pages.
				if after := size(path); after > before || after > whole+8*int64(os.Getpagesize()) {
					t.Errorf("got %d bytes, there were %d, and %d in a backup", after, before, whole)
				}
				before = size(path)
			}
		})
	}
}

// What a second compaction cannot make smaller stays in its place.
func TestCompactKeepsWhatIsCompact(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l = unchecked(t, l.path)
	spread(t, l)
	closeLedger(t, l)
	if err := Compact(l.path); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(l.path)
	must(t, err)
	must(t, Compact(l.path))
	after, err := os.Stat(l.path)
	must(t, err)
	if !os.SameFile(before, after) {
		t.Errorf("a file of %d bytes was replaced by one of %d", before.Size(), after.Size())
	}
}
