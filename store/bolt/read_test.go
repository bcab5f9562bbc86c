package bolt

import (
	"errors"
	"slices"
	"testing"
	"time"

	"acsync/store"
)

func TestDue(t *testing.T) {
	l := newLedger(t, Options{})
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	commit(t, l, store.Record{State: store.Scheduled, At: noon, Due: at(3)}, id(1))
	commit(t, l, store.Record{State: store.Retry, At: noon, Due: at(1)}, id(2))
	commit(t, l, store.Record{State: store.InDoubt, At: noon, Due: at(2)}, id(3))
	commit(t, l, store.Record{State: store.Skipped, At: noon, Due: at(0)}, id(4))
	commit(t, l, store.Record{State: store.Retry, At: noon}, id(5)) // without a time: at once
	commit(t, l, store.Record{State: store.Scheduled, At: noon, Due: time.Unix(-5, 0)}, id(6))
	for name, c := range map[string]struct {
		now   time.Time
		limit int
		want  []int
	}{
		"long before":              {at(-1000000), 0, nil},
		"now":                      {at(0), 0, []int{6, 5}},
		"to the very moment":       {at(2), 0, []int{6, 5, 2, 3}},
		"a millisecond too early":  {at(2).Add(-time.Millisecond), 0, []int{6, 5, 2}},
		"all":                      {at(9), 0, []int{6, 5, 2, 3, 1}},
		"limited, the oldest come": {at(9), 2, []int{6, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := l.Due(c.now, c.limit)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, n := range c.want {
				want = append(want, id(n).Conversation)
			}
			wantSame(t, conversations(got), want)
		})
	}
}

// A key that is taken up leaves the index, and comes back with its new time only.
func TestDueMoves(t *testing.T) {
	l := newLedger(t, Options{})
	commit(t, l, store.Record{State: store.Scheduled, At: noon, Due: noon}, id(1))
	i := begin(t, l, id(1))
	wantDue(t, l, noon.Add(time.Hour))
	if err := l.Finish(i, store.Result{State: store.Retry, At: noon, Due: noon.Add(30 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	wantDue(t, l, noon)
	wantDue(t, l, noon.Add(time.Hour), id(1).Conversation)
	finish(t, l, id(1), store.Accepted)
	wantDue(t, l, noon.Add(time.Hour))
}

func wantDue(t *testing.T, l *Ledger, now time.Time, want ...string) {
	t.Helper()
	got, err := l.Due(now, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, conversations(got), want)
}

func TestWaiting(t *testing.T) {
	l := newLedger(t, Options{})
	for n, s := range store.States() {
		place(t, l, id(n), s)
	}
	for name, c := range map[string]struct {
		limit  int
		states []store.State
		want   []store.State
	}{
		"all":       {0, nil, []store.State{store.Scheduled, store.Retry, store.InDoubt}},
		"one state": {0, []store.State{store.InDoubt}, []store.State{store.InDoubt}},
		"two":       {0, []store.State{store.Retry, store.Scheduled}, []store.State{store.Scheduled, store.Retry}},
		"limited":   {1, []store.State{store.Retry, store.InDoubt}, []store.State{store.Retry}},
		"not these": {0, []store.State{store.Accepted, store.Sending}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := l.Waiting(c.limit, c.states...)
			if err != nil {
				t.Fatal(err)
			}
			var got []store.State
			for _, e := range list {
				got = append(got, e.State)
			}
			slices.Sort(got)
			wantSame(t, got, c.want)
		})
	}
}

func TestLookup(t *testing.T) {
	l := newLedger(t, Options{})
	resolved := store.Key{Conversation: id(1).Conversation, Resolution: noon.UnixMilli()}
	finish(t, l, id(1), store.Accepted)
	commit(t, l, store.Record{State: store.Skipped, Reason: "no_agent", Resolution: noon, At: noon}, resolved)
	got, err := l.Lookup([]store.Key{id(1), resolved, id(2)})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, map[store.Key]store.Record{
		id(1):    {State: store.Accepted, Resolution: noon, At: sec, First: sec, Attempts: 1, Intent: 1},
		resolved: {State: store.Skipped, Reason: "no_agent", Resolution: noon, At: sec},
	})
	if _, err := l.Lookup([]store.Key{{}}); err == nil {
		t.Error("a key without an id was looked up")
	}
}

// Each sees every key once and in order, over the borders of its transactions too, and fn may write.
func TestEach(t *testing.T) {
	for name, n := range map[string]int{"none": 0, "one": 1, "one transaction": stride, "more": stride + 1, "many": 2*stride + 500} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			var keys []store.Key
			for i := range n {
				keys = append(keys, id(i))
			}
			commit(t, l, store.Record{State: store.Skipped, Resolution: noon, At: noon}, keys...)
			var got []store.Key
			for _, e := range all(t, l) {
				got = append(got, e.Key)
			}
			wantSame(t, got, keys)
		})
	}
	t.Run("fn writes and stops", func(t *testing.T) {
		l := newLedger(t, Options{})
		commit(t, l, store.Record{State: store.Retry, At: noon}, id(1), id(2), id(3))
		enough, seen := errors.New("enough"), 0
		err := l.Each(func(e store.Entry) error {
			if seen++; seen == 2 {
				return enough
			}
			return l.Commit(store.Batch{Entries: []store.Entry{{Key: e.Key, Record: store.Record{State: store.Dropped, At: noon}}}})
		})
		if err != enough || seen != 2 {
			t.Errorf("got %v after %d keys, want the error of fn after 2", err, seen)
		}
		wantSame(t, record(t, l, id(1)).State, store.Dropped)
	})
}
