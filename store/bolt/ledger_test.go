package bolt

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
)

func TestOpenNeverCreates(t *testing.T) {
	for name, o := range map[string]Options{"to write": {}, "to read": {ReadOnly: true}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			_, err := Open(path, o)
			wantError(t, err, store.ErrMissing)
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was made")
			}
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "no ledger; run acsync init") {
				t.Errorf("%q does not say which file is missing and what to do", err)
			}
		})
	}
}

// A ledger that goes away while it is being opened is not made anew either.
func TestGoneWhileOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	_, err := attempt(path, Options{}, func(*database) error { return nil })
	wantError(t, err, store.ErrMissing)
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made")
	}
}

func TestOpenWaitsForTheLock(t *testing.T) {
	path := testLedger(t, Options{}).path
	for name, o := range map[string]Options{
		"to write":      {},
		"to read":       {ReadOnly: true},
		"with patience": {Timeout: time.Minute},
		"without":       {Timeout: -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := Open(path, o)
				wantError(t, err, store.ErrLocked)
				most := DefaultTimeout
				if o.Timeout != 0 {
					most = max(o.Timeout, 0)
				}
				if waited := time.Since(began); waited > most || waited < most-100*time.Millisecond {
					t.Errorf("waited %v, want about %v", waited, most)
				}
			})
		})
	}
}

func TestReadersShare(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a := openLedger(t, l.path, Options{ReadOnly: true})
	b := openLedger(t, l.path, Options{ReadOnly: true})
	wantSame(t, record(t, a, id(1)), record(t, b, id(1)))
	_, err := Open(l.path, Options{Timeout: -1})
	wantError(t, err, store.ErrLocked)
}

func TestReadOnlyChangesNothing(t *testing.T) {
	l := testLedger(t, Options{})
	i := begin(t, l, id(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	r := openLedger(t, l.path, Options{ReadOnly: true})
	_, err = r.Begin(id(2), noon, noon)
	wantError(t, err, store.ErrReadOnly)
	wantError(t, r.Finish(i, store.Result{State: store.Accepted, At: noon}), store.ErrReadOnly)
	wantError(t, r.Settle(id(1), 1, store.Result{State: store.Accepted, At: noon}), store.ErrReadOnly)
	wantError(t, r.Commit(store.Batch{Checkpoint: noon}), store.ErrReadOnly)
	_, err = r.Recover(noon)
	wantError(t, err, store.ErrReadOnly)
	open, err := r.OpenIntents()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, conversations(open), []string{id(1).Conversation})
	after, err := os.ReadFile(l.path)
	if err != nil || string(before) != string(after) {
		t.Errorf("the file has changed (%v)", err)
	}
}

func TestClosed(t *testing.T) {
	l := testLedger(t, Options{})
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, err := l.Begin(id(1), noon, noon)
	wantError(t, err, errClosed)
	_, err = l.Info()
	wantError(t, err, errClosed)
}

// A pass that ends lets the next one in at once.
func TestCloseFreesTheLock(t *testing.T) {
	l := testLedger(t, Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	openLedger(t, l.path, Options{Timeout: -1})
}

// A file to which bbolt cannot be let must not be left open, or it would stay locked.
func TestFailedOpenFreesTheLock(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts open files by /proc")
	}
	l := testLedger(t, Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(l.path, int64(3*pageSize)); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := count()
	for range 20 {
		_, err := Open(l.path, Options{Timeout: -1})
		wantError(t, err, store.ErrDamaged)
	}
	if after := count(); after >= before+20 {
		t.Errorf("%d files are open, %d were before", after, before)
	}
}
