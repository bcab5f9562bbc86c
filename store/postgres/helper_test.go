package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/postgres/pgtest"
)

// short is a lease that a test can wait for. Its heartbeat comes every third of a second.
const short = 2 * time.Second

// sec is noon as the ledger keeps the time at which something happened.
var sec = noon.Truncate(time.Second)

// created makes a ledger in a database of a test's own.
func created(t testing.TB, o Options) *Database {
	t.Helper()
	d := connect(t)
	must(t, d.Create(context.Background(), "acme", noon, o))
	return d
}

// kill leaves an open ledger as a process does that is killed: nothing is let go of, and nothing renewed.
func kill(l *Ledger) {
	l.beat.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed.Store(true)
}

// owner carries out statements that no ledger would, as the role that may do anything.
func owner(t testing.TB, d *Database, statements ...string) {
	t.Helper()
	c := pgtest.Shared(t)
	c.Exec(t, d.Config().ConnConfig.Database, statements...)
}

func id(n int) store.Key { return store.Key{Conversation: fmt.Sprintf("6921%020x", n)} }

func wantError(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want one that is %q", got, want)
	}
}

func wantSame(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(store.Lateness{})); d != "" {
		t.Errorf("difference (-want +got):\n%s", d)
	}
}

func begun(t testing.TB, l *Ledger, k store.Key) store.Intent {
	t.Helper()
	i, err := l.Begin(k, noon, noon)
	must(t, err)
	return i
}

func finish(t testing.TB, l *Ledger, k store.Key, s store.State) {
	t.Helper()
	must(t, l.Finish(begun(t, l, k), store.Result{State: s, At: noon, Due: noon}))
}

func infoOf(t testing.TB, l *Ledger) store.Info {
	t.Helper()
	i, err := l.Info()
	must(t, err)
	return i
}

func record(t testing.TB, l *Ledger, k store.Key) store.Record {
	t.Helper()
	found, err := l.Lookup([]store.Key{k})
	must(t, err)
	return found[k]
}

// changes are all methods that change a ledger, in a state where each has something to do.
func changes(l *Ledger) map[string]func() error {
	x := store.Result{State: store.Retry, At: noon}
	return map[string]func() error{
		"begin":  func() error { _, err := l.Begin(id(90), noon, noon); return err },
		"finish": func() error { return l.Finish(store.Intent{Key: id(91), Number: 1, Ledger: l.id}, x) },
		"settle": func() error { return l.Settle(id(92), 1, x) },
		"reopen": func() error { return l.Reopen([]store.Entry{{Key: id(93)}}, x) },
		"commit": func() error { return l.Commit(store.Batch{Checkpoint: noon.Add(time.Hour)}) },
		"import": func() error {
			e := store.Entry{Key: id(94), Record: store.Record{State: store.Accepted, At: noon}}
			_, err := l.Import(func(yield func(store.Entry, error) bool) { yield(e, nil) })
			return err
		},
		"prune":    func() error { _, err := l.Prune(context.Background(), noon); return err },
		"convert":  func() error { _, err := l.Convert(store.PerResolution); return err },
		"forget":   func() error { _, err := l.Forget([]string{id(95).Conversation}, noon); return err },
		"distrust": l.Distrust,
		"adopt":    func() error { return l.Adopt(store.Adoption{}) },
	}
}
