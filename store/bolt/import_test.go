package bolt

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"acsync/store"
)

// sequence gives entries one after the other, and then an error unless that is nil.
func sequence(list []store.Entry, end error) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
		if end != nil {
			yield(store.Entry{}, end)
		}
	}
}

// The fence tells what was imported from what the ledger has asked for itself.
func TestImportedIsForeign(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Retry)
	finish(t, l, id(2), store.Accepted)
	r := store.Record{State: store.Accepted, Resolution: noon, At: sec}
	n, err := l.Import(sequence([]store.Entry{{Key: id(1), Record: r}, {Key: id(3), Record: r}}, nil))
	must(t, err)
	wantSame(t, n, 2)
	transaction := info(t, l).Transaction
	wantFence(t, l, fence{Ledger: l.id, Transaction: transaction, Accepted: 3, Foreign: 2, Intents: 2, Open: true})
}

// What was written before the end of a broken input stays, in whole transactions.
func TestImportInParts(t *testing.T) {
	l := testLedger(t, Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = unchecked(t, l.path)
	var list []store.Entry
	for i := range 2*importStride + 5 {
		list = append(list, store.Entry{Key: id(i), Record: store.Record{State: store.Accepted, Resolution: noon, At: sec}})
	}
	broken := errors.New("broken")
	n, err := l.Import(sequence(list, broken))
	wantError(t, err, broken)
	wantSame(t, n, 2*importStride)
	wantSame(t, len(all(t, l)), n)
	n, err = l.Import(sequence(list, nil))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, n, 5)
	wantSame(t, len(slices.Collect(func(yield func(store.Key) bool) { l.Each(func(e store.Entry) error { yield(e.Key); return nil }) })), len(list))
}
