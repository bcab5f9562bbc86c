package store

import (
	"errors"
	"iter"
	"slices"
	"testing"
)

// sequence gives entries one after the other, and then an error unless that is nil.
func sequence(list []Entry, end error) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
		if end != nil {
			yield(Entry{}, end)
		}
	}
}

func TestImport(t *testing.T) {
	l := newLedger(t, Options{})
	commit(t, l, Record{State: Skipped, Reason: "spam", Resolution: noon, At: noon}, id(1))
	commit(t, l, Record{State: Scheduled, Resolution: noon, At: noon, Due: noon}, id(2))
	finish(t, l, id(3), Retry)
	entry := func(n int, s State) Entry { return Entry{id(n), Record{State: s, Resolution: noon, At: sec}} }
	list := []Entry{entry(1, Accepted), entry(2, Rejected), entry(3, Accepted), entry(4, InDoubt), entry(5, Dropped), entry(6, Skipped)}
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
		before State // of the key; unknown leaves it so
		entry  State
		end    error
		want   error
	}{
		"over accepted":  {Accepted, Skipped, nil, ErrRefused},
		"over rejected":  {Rejected, Accepted, nil, ErrRefused},
		"over in doubt":  {InDoubt, Accepted, nil, ErrRefused},
		"over sending":   {Sending, Accepted, nil, ErrRefused},
		"scheduled":      {Unknown, Scheduled, nil, ErrRefused},
		"retry":          {Unknown, Retry, nil, ErrRefused},
		"sending":        {Unknown, Sending, nil, ErrRefused},
		"a broken input": {Unknown, Accepted, broken, broken},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			switch c.before {
			case Unknown:
			case Sending:
				begin(t, l, id(1))
			default:
				finish(t, l, id(1), c.before)
			}
			before := all(t, l)
			_, err := l.Import(sequence([]Entry{{id(1), Record{State: c.entry, Resolution: noon, At: noon}}}, c.end))
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
	var list []Entry
	for i := range 2*importStride + 5 {
		list = append(list, Entry{id(i), Record{State: Accepted, Resolution: noon, At: sec}})
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
	wantSame(t, len(slices.Collect(func(yield func(Key) bool) { l.Each(func(e Entry) error { yield(e.Key); return nil }) })), len(list))
}

// An imported intent keeps its number, and no later one gets it.
func TestImportedIntents(t *testing.T) {
	l := newLedger(t, Options{})
	r := Record{State: InDoubt, Resolution: noon, At: sec, Due: noon, First: sec, Attempts: 1, Intent: 41}
	if _, err := l.Import(sequence([]Entry{{id(1), r}}, nil)); err != nil {
		t.Fatal(err)
	}
	wantSame(t, begin(t, l, id(2)).Number, uint64(42))
	if err := l.Settle(id(1), 41, Result{State: Accepted, At: noon}); err != nil {
		t.Error(err)
	}
}
