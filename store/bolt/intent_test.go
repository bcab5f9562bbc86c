package bolt

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
)

func TestBegin(t *testing.T) {
	l := newLedger(t, Options{})
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	i := begin(t, l, id(1))
	wantSame(t, i, store.Intent{Key: id(1), Number: 1, Ledger: info.ID, Attempt: 1})
	wantSame(t, i.String(), info.ID+"-1")
	wantSame(t, record(t, l, id(1)), store.Record{
		State: store.Sending, Resolution: noon, At: sec, First: sec, Attempts: 1, Intent: 1,
	})

	if err := l.Finish(i, store.Result{State: store.Retry, Reason: "busy", Status: 429, At: noon, Due: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	again, err := l.Begin(id(1), noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, again, store.Intent{Key: id(1), Number: 2, Ledger: info.ID, Attempt: 2})
	wantSame(t, record(t, l, id(1)), store.Record{
		State: store.Sending, Resolution: noon, At: sec.Add(time.Hour), First: sec, Attempts: 2, Intent: 2,
	})
}

// place brings a key to a state.
func place(t testing.TB, l *Ledger, k store.Key, s store.State) {
	t.Helper()
	switch s {
	case store.Unknown:
	case store.Sending:
		begin(t, l, k)
	case store.Skipped, store.Scheduled, store.Dropped:
		commit(t, l, store.Record{State: s, Resolution: noon, At: noon}, k)
	default:
		finish(t, l, k, s)
	}
}

// wanting runs a change for a key in each state and compares in which states it was taken. What was refused must have left
// no trace.
func wanting(t *testing.T, taken []store.State, change func(*Ledger, store.Key) error) {
	t.Helper()
	l := newLedger(t, Options{})
	var got []store.State
	for n, s := range append(store.States(), store.Unknown) {
		k := id(n)
		place(t, l, k, s)
		before := record(t, l, k)
		err := change(l, k)
		if err == nil {
			got = append(got, s)
			continue
		}
		wantError(t, err, store.ErrRefused)
		wantSame(t, record(t, l, k), before)
	}
	wantSame(t, got, taken)
}

func TestWhatEachStateTakes(t *testing.T) {
	free := []store.State{store.Scheduled, store.Retry, store.Skipped, store.Unknown}
	t.Run("begin", func(t *testing.T) {
		wanting(t, free, func(l *Ledger, k store.Key) error { _, err := l.Begin(k, noon, noon); return err })
	})
	for _, s := range []store.State{store.Scheduled, store.Accepted, store.Rejected, store.Retry, store.InDoubt, store.Skipped, store.Dropped} {
		t.Run("commit "+s.String(), func(t *testing.T) {
			wanting(t, free, func(l *Ledger, k store.Key) error {
				return l.Commit(store.Batch{Entries: []store.Entry{{Key: k, Record: store.Record{State: s, At: noon}}}})
			})
		})
	}
	t.Run("commit sending", func(t *testing.T) {
		wanting(t, nil, func(l *Ledger, k store.Key) error {
			return l.Commit(store.Batch{Entries: []store.Entry{{Key: k, Record: store.Record{State: store.Sending, At: noon, Intent: 1}}}})
		})
	})
	for s, taken := range map[store.State][]store.State{
		store.Accepted: {store.Sending}, store.Rejected: {store.Sending}, store.Retry: {store.Sending}, store.InDoubt: {store.Sending}, store.Scheduled: {store.Sending},
		store.Skipped: nil, store.Dropped: nil, store.Sending: nil,
	} {
		t.Run("finish "+s.String(), func(t *testing.T) {
			wanting(t, taken, func(l *Ledger, k store.Key) error {
				i := store.Intent{Key: k, Number: record(t, l, k).Intent, Ledger: l.id}
				return l.Finish(i, store.Result{State: s, At: noon})
			})
		})
	}
	for s, taken := range map[store.State][]store.State{
		store.Accepted: {store.InDoubt}, store.Rejected: {store.InDoubt}, store.Retry: {store.InDoubt}, store.InDoubt: {store.InDoubt}, store.Scheduled: {store.InDoubt}, store.Dropped: {store.InDoubt},
		store.Skipped: nil, store.Sending: nil,
	} {
		t.Run("settle "+s.String(), func(t *testing.T) {
			wanting(t, taken, func(l *Ledger, k store.Key) error {
				return l.Settle(k, record(t, l, k).Intent, store.Result{State: s, At: noon})
			})
		})
	}
}

func TestFinishTakesTheOpenIntentOnly(t *testing.T) {
	l := newLedger(t, Options{})
	old := finish(t, l, id(1), store.Retry)
	i := begin(t, l, id(1))
	other, strange := i, i
	other.Key = id(2)
	strange.Ledger = "0123456789abcdef"
	for name, wrong := range map[string]store.Intent{"an earlier one": old, "of another key": other, "of another ledger": strange} {
		t.Run(name, func(t *testing.T) {
			wantError(t, l.Finish(wrong, store.Result{State: store.Accepted, At: noon}), store.ErrRefused)
		})
	}
	if err := l.Finish(i, store.Result{State: store.Accepted, Status: 201, At: noon}); err != nil {
		t.Fatal(err)
	}
	wantError(t, l.Finish(i, store.Result{State: store.Retry, At: noon}), store.ErrRefused)
	wantSame(t, record(t, l, id(1)).State, store.Accepted)
}

func TestSettleTakesTheIntentInDoubtOnly(t *testing.T) {
	l := newLedger(t, Options{})
	first := finish(t, l, id(1), store.InDoubt)
	if err := l.Settle(id(1), first.Number, store.Result{State: store.Retry, At: noon}); err != nil {
		t.Fatal(err)
	}
	finish(t, l, id(1), store.InDoubt)
	wantError(t, l.Settle(id(1), first.Number, store.Result{State: store.Retry, At: noon}), store.ErrRefused)
}

func TestOutcomeNeedsATime(t *testing.T) {
	l := newLedger(t, Options{})
	i := begin(t, l, id(1))
	if err := l.Finish(i, store.Result{State: store.Accepted}); err == nil {
		t.Error("an outcome without a time was taken")
	}
	wantSame(t, record(t, l, id(1)).State, store.Sending)
}

// The two cases of a hex id are one conversation.
func TestCaseOfIDs(t *testing.T) {
	l := newLedger(t, Options{})
	lower, upper := store.Key{Conversation: "69210a0b0c0d0e0f01020304"}, store.Key{Conversation: strings.ToUpper("69210a0b0c0d0e0f01020304")}
	finish(t, l, lower, store.Accepted)
	wantSame(t, record(t, l, upper).State, store.Accepted)
	_, err := l.Begin(upper, noon, noon)
	wantError(t, err, store.ErrRefused)
}

// Many goroutines that fight for the same keys open one intent for each, and no number twice.
func TestBeginAtTheSameTime(t *testing.T) {
	l := newLedger(t, Options{})
	const workers, keys = 8, 30
	var begun atomic.Int64
	var numbers sync.Map
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := range keys {
				i, err := l.Begin(id(n), noon, noon)
				if errors.Is(err, store.ErrRefused) {
					continue
				}
				if err == nil {
					begun.Add(1)
					if _, twice := numbers.LoadOrStore(i.Number, i.Key); twice {
						t.Errorf("number %d was given twice", i.Number)
					}
					err = l.Finish(i, store.Result{State: store.Accepted, Status: 200, Reason: fmt.Sprintf("r%d", n%5), At: noon})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantSame(t, begun.Load(), int64(keys))
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, info.Counts, map[store.State]int{store.Accepted: keys})
}
