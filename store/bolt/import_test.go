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

func TestImport(t *testing.T) {
	l := newLedger(t, Options{})
	commit(t, l, store.Record{State: store.Skipped, Reason: "spam", Resolution: noon, At: noon}, id(1))
	commit(t, l, store.Record{State: store.Scheduled, Resolution: noon, At: noon, Due: noon}, id(2))
	finish(t, l, id(3), store.Retry)
	entry := func(n int, s store.State) store.Entry {
		return store.Entry{Key: id(n), Record: store.Record{State: s, Resolution: noon, At: sec}}
	}
	list := []store.Entry{entry(1, store.Accepted), entry(2, store.Rejected), entry(3, store.Accepted), entry(4, store.InDoubt), entry(5, store.Dropped), entry(6, store.Skipped)}
	n, err := l.Import(sequence(list, nil))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, n, len(list))
	for _, e := range list {
		wantSame(t, record(t, l, e.Key).State, e.State)
	}
	wantSame(t, record(t, l, id(3)).Attempts, 1)
	wantFence(t, l, fence{Ledger: l.id, Transaction: 7, Accepted: 2, Foreign: 2, Intents: 1, Open: true})
	if n, err = l.Import(sequence(list, nil)); n != 0 || err != nil {
		t.Errorf("got %d (%v), want nothing new the second time", n, err)
	}
}

func TestImportRefuses(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		before store.State // of the key; unknown leaves it so
		entry  store.State
		end    error
		want   error
	}{
		"over accepted":  {store.Accepted, store.Skipped, nil, store.ErrRefused},
		"over rejected":  {store.Rejected, store.Accepted, nil, store.ErrRefused},
		"over in doubt":  {store.InDoubt, store.Accepted, nil, store.ErrRefused},
		"over sending":   {store.Sending, store.Accepted, nil, store.ErrRefused},
		"scheduled":      {store.Unknown, store.Scheduled, nil, store.ErrRefused},
		"retry":          {store.Unknown, store.Retry, nil, store.ErrRefused},
		"sending":        {store.Unknown, store.Sending, nil, store.ErrRefused},
		"a broken input": {store.Unknown, store.Accepted, broken, broken},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			switch c.before {
			case store.Unknown:
			case store.Sending:
				begin(t, l, id(1))
			default:
				finish(t, l, id(1), c.before)
			}
			before := all(t, l)
			_, err := l.Import(sequence([]store.Entry{{Key: id(1), Record: store.Record{State: c.entry, Resolution: noon, At: noon}}}, c.end))
			wantError(t, err, c.want)
			wantSame(t, all(t, l), before)
		})
	}
}

// What was written before the end of a broken input stays, in whole transactions.
func TestImportInParts(t *testing.T) {
	l := newLedger(t, Options{})
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

// An imported intent keeps its number, and no later one gets it.
func TestImportedIntents(t *testing.T) {
	l := newLedger(t, Options{})
	r := store.Record{State: store.InDoubt, Resolution: noon, At: sec, Due: noon, First: sec, Attempts: 1, Intent: 41}
	if _, err := l.Import(sequence([]store.Entry{{Key: id(1), Record: r}}, nil)); err != nil {
		t.Fatal(err)
	}
	wantSame(t, begin(t, l, id(2)).Number, uint64(42))
	if err := l.Settle(id(1), 41, store.Result{State: store.Accepted, At: noon}); err != nil {
		t.Error(err)
	}
}
