// Package storetest holds any ledger to what package store says: its rules, and what is read back of each
// change. The tests of a package that keeps ledgers call Run.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsync/store"
)

// Ledger is what any ledger can do.
type Ledger interface {
	Begin(key store.Key, resolution, now time.Time) (store.Intent, error)
	Finish(i store.Intent, r store.Result) error
	Settle(key store.Key, intent uint64, r store.Result) error
	Reopen(entries []store.Entry, r store.Result) error
	Recover(now time.Time) ([]store.Entry, error)
	Commit(b store.Batch) error
	Import(entries iter.Seq2[store.Entry, error]) (written int, err error)
	Prune(ctx context.Context, before time.Time) (removed int, err error)
	Convert(to store.Identity) (store.Conversion, error)
	Forget(ids []string, now time.Time) (store.Erasure, error)

	Info() (store.Info, error)
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
	Due(now time.Time, limit int) ([]store.Entry, error)
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	OpenIntents() ([]store.Entry, error)
	Each(fn func(store.Entry) error) error
	Erased() ([]store.Entry, error)
	Runs(limit int) ([]store.Run, error)
	Backfill(from, to time.Time) (store.Backfill, error)
	Backfills() ([]store.Backfill, error)
	PlanConversion(to store.Identity) (store.Conversion, error)
	PlanForget(ids []string) (store.Erasure, error)
	Check(ctx context.Context) error
}

// Opener opens ledgers of one kind. What it opens it checks and closes when the test has ended.
type Opener interface {
	// Create makes a ledger and opens it.
	Create(t *testing.T, start time.Time) Ledger
	// Reopen closes a ledger and opens it again.
	Reopen(t *testing.T, l Ledger) Ledger
}

// noon is when the tests happen; sec is the same as a ledger keeps the time at which something happened.
var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC)
	sec  = noon.Truncate(time.Second)
)

// id is the n-th of a row of Kustomer ids.
func id(n int) store.Key { return store.Key{Conversation: fmt.Sprintf("6921%020x", n)} }

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantRefused(t rapid.TB, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrRefused) {
		t.Fatalf("got error %v, want one that is %q", err, store.ErrRefused)
	}
}

func wantSame(t rapid.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(store.Lateness{})); d != "" {
		t.Fatalf("difference (-want +got):\n%s", d)
	}
}

func info(t rapid.TB, l Ledger) store.Info {
	t.Helper()
	i, err := l.Info()
	must(t, err)
	return i
}

func record(t rapid.TB, l Ledger, k store.Key) store.Record {
	t.Helper()
	found, err := l.Lookup([]store.Key{k})
	must(t, err)
	return found[k]
}

func all(t rapid.TB, l Ledger) []store.Entry {
	t.Helper()
	var list []store.Entry
	must(t, l.Each(func(e store.Entry) error { list = append(list, e); return nil }))
	return list
}

func batch(r store.Record, keys ...store.Key) (b store.Batch) {
	for _, k := range keys {
		b.Entries = append(b.Entries, store.Entry{Key: k, Record: r})
	}
	return b
}

func begin(t rapid.TB, l Ledger, k store.Key) store.Intent {
	t.Helper()
	i, err := l.Begin(k, noon, noon)
	must(t, err)
	return i
}

func finish(t rapid.TB, l Ledger, k store.Key, s store.State) {
	t.Helper()
	must(t, l.Finish(begin(t, l, k), store.Result{State: s, At: noon}))
}

func sequence(e store.Entry, end error) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if yield(e, nil) && end != nil {
			yield(store.Entry{}, end)
		}
	}
}
