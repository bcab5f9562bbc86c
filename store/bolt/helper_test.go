package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

// long is set when the long programmes are wanted.
var long = os.Getenv("LONG_TESTS") != ""

// noon is the time at which most tests begin, with a fraction that the ledger keeps for resolutions.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC)

// pageSize is that of the ledgers made here: bbolt takes the machine's.
var pageSize = os.Getpagesize()

// sec is noon as the ledger keeps the time at which something happened.
var sec = noon.Truncate(time.Second)

// testLedger makes a ledger, opens it in strict mode and checks it when the test ends.
func testLedger(t *testing.T, o Options) *Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := Create(path, noon.Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	return openLedger(t, path, o)
}

// openLedger opens a ledger in strict mode and checks it when the test ends.
func openLedger(t *testing.T, path string, o Options) *Ledger {
	t.Helper()
	o.Strict = true
	l, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Check(context.Background()); err != nil && !errors.Is(err, errClosed) {
			t.Errorf("the ledger does not pass its check at the end: %v", err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return l
}

// id is the n-th of a row of Kustomer ids.
func id(n int) store.Key { return store.Key{Conversation: fmt.Sprintf("6921%020x", n)} }

// record looks one key up; its state is Unknown where the ledger has nothing.
func record(t testing.TB, l *Ledger, k store.Key) store.Record {
	t.Helper()
	m, err := l.Lookup([]store.Key{k})
	if err != nil {
		t.Fatal(err)
	}
	return m[k]
}

// commit writes entries that all have one state, at noon.
func commit(t testing.TB, l *Ledger, r store.Record, keys ...store.Key) {
	t.Helper()
	b := store.Batch{}
	for _, k := range keys {
		b.Entries = append(b.Entries, store.Entry{Key: k, Record: r})
	}
	if err := l.Commit(b); err != nil {
		t.Fatal(err)
	}
}

// begin opens an intent at noon.
func begin(t testing.TB, l *Ledger, k store.Key) store.Intent {
	t.Helper()
	i, err := l.Begin(k, noon, noon)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// finish begins and finishes a key at noon.
func finish(t testing.TB, l *Ledger, k store.Key, s store.State) store.Intent {
	t.Helper()
	i := begin(t, l, k)
	if err := l.Finish(i, store.Result{State: s, At: noon, Due: noon}); err != nil {
		t.Fatal(err)
	}
	return i
}

// conversations gives the ids of entries.
func conversations(list []store.Entry) []string {
	var ids []string
	for _, e := range list {
		ids = append(ids, e.Conversation)
	}
	return ids
}

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want one that is %q", got, want)
	}
}

func wantSame(t *testing.T, got, want any) {
	t.Helper()
	// What is the same needs no diff, which takes a quarter of a second for the bytes of a ledger.
	if reflect.DeepEqual(want, got) {
		return
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(store.Lateness{})); d != "" {
		t.Errorf("difference (-want +got):\n%s", d)
	}
}

func keysOf(entries []store.Entry) []store.Key {
	keys := make([]store.Key, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return keys
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
