package store

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestBegin(t *testing.T) {
	l := newLedger(t, Options{})
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	i := begin(t, l, id(1))
	wantSame(t, i, Intent{Key: id(1), Number: 1, Ledger: info.ID, Attempt: 1})
	wantSame(t, i.String(), info.ID+"-1")
	wantSame(t, record(t, l, id(1)), Record{
		State: Sending, Resolution: noon, At: sec, First: sec, Attempts: 1, Intent: 1,
	})

	if err := l.Finish(i, Result{State: Retry, Reason: "busy", Status: 429, At: noon, Due: noon.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	again, err := l.Begin(id(1), noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, again, Intent{Key: id(1), Number: 2, Ledger: info.ID, Attempt: 2})
	wantSame(t, record(t, l, id(1)), Record{
		State: Sending, Resolution: noon, At: sec.Add(time.Hour), First: sec, Attempts: 2, Intent: 2,
	})
}

// place brings a key to a state.
func place(t testing.TB, l *Ledger, k Key, s State) {
	t.Helper()
	switch s {
	case Unknown:
	case Sending:
		begin(t, l, k)
	case Skipped, Scheduled, Dropped:
		commit(t, l, Record{State: s, Resolution: noon, At: noon}, k)
	default:
		finish(t, l, k, s)
	}
}

// wanting runs a change for a key in each state and compares in which states it was taken. What was refused must have left
// no trace.
func wanting(t *testing.T, taken []State, change func(*Ledger, Key) error) {
	t.Helper()
	l := newLedger(t, Options{})
	var got []State
	for n, s := range append(States(), Unknown) {
		k := id(n)
		place(t, l, k, s)
		before := record(t, l, k)
		err := change(l, k)
		if err == nil {
			got = append(got, s)
			continue
		}
		wantError(t, err, ErrRefused)
		wantSame(t, record(t, l, k), before)
	}
	wantSame(t, got, taken)
}

func TestWhatEachStateTakes(t *testing.T) {
	free := []State{Scheduled, Retry, Skipped, Unknown}
	t.Run("begin", func(t *testing.T) {
		wanting(t, free, func(l *Ledger, k Key) error { _, err := l.Begin(k, noon, noon); return err })
	})
	for _, s := range []State{Scheduled, Accepted, Rejected, Retry, InDoubt, Skipped, Dropped} {
		t.Run("commit "+s.String(), func(t *testing.T) {
			wanting(t, free, func(l *Ledger, k Key) error {
				return l.Commit(Batch{Entries: []Entry{{k, Record{State: s, At: noon}}}})
			})
		})
	}
	t.Run("commit sending", func(t *testing.T) {
		wanting(t, nil, func(l *Ledger, k Key) error {
			return l.Commit(Batch{Entries: []Entry{{k, Record{State: Sending, At: noon, Intent: 1}}}})
		})
	})
	for s, taken := range map[State][]State{
		Accepted: {Sending}, Rejected: {Sending}, Retry: {Sending}, InDoubt: {Sending}, Scheduled: {Sending},
		Skipped: nil, Dropped: nil, Sending: nil,
	} {
		t.Run("finish "+s.String(), func(t *testing.T) {
			wanting(t, taken, func(l *Ledger, k Key) error {
				i := Intent{Key: k, Number: record(t, l, k).Intent, Ledger: l.id}
				return l.Finish(i, Result{State: s, At: noon})
			})
		})
	}
	for s, taken := range map[State][]State{
		Accepted: {InDoubt}, Rejected: {InDoubt}, Retry: {InDoubt}, InDoubt: {InDoubt}, Scheduled: {InDoubt}, Dropped: {InDoubt},
		Skipped: nil, Sending: nil,
	} {
		t.Run("settle "+s.String(), func(t *testing.T) {
			wanting(t, taken, func(l *Ledger, k Key) error {
				return l.Settle(k, record(t, l, k).Intent, Result{State: s, At: noon})
			})
		})
	}
}

func TestFinishTakesTheOpenIntentOnly(t *testing.T) {
	l := newLedger(t, Options{})
	old := finish(t, l, id(1), Retry)
	i := begin(t, l, id(1))
	other, strange := i, i
	other.Key = id(2)
	strange.Ledger = "0123456789abcdef"
	for name, wrong := range map[string]Intent{"an earlier one": old, "of another key": other, "of another ledger": strange} {
		t.Run(name, func(t *testing.T) {
			wantError(t, l.Finish(wrong, Result{State: Accepted, At: noon}), ErrRefused)
		})
	}
	if err := l.Finish(i, Result{State: Accepted, Status: 201, At: noon}); err != nil {
		t.Fatal(err)
	}
	wantError(t, l.Finish(i, Result{State: Retry, At: noon}), ErrRefused)
	wantSame(t, record(t, l, id(1)).State, Accepted)
}

func TestSettleTakesTheIntentInDoubtOnly(t *testing.T) {
	l := newLedger(t, Options{})
	first := finish(t, l, id(1), InDoubt)
	if err := l.Settle(id(1), first.Number, Result{State: Retry, At: noon}); err != nil {
		t.Fatal(err)
	}
	finish(t, l, id(1), InDoubt)
	wantError(t, l.Settle(id(1), first.Number, Result{State: Retry, At: noon}), ErrRefused)
}

func TestOutcomeNeedsATime(t *testing.T) {
	l := newLedger(t, Options{})
	i := begin(t, l, id(1))
	if err := l.Finish(i, Result{State: Accepted}); err == nil {
		t.Error("an outcome without a time was taken")
	}
	wantSame(t, record(t, l, id(1)).State, Sending)
}

// The two cases of a hex id are one conversation.
func TestCaseOfIDs(t *testing.T) {
	l := newLedger(t, Options{})
	lower, upper := Key{Conversation: "69210a0b0c0d0e0f01020304"}, Key{Conversation: strings.ToUpper("69210a0b0c0d0e0f01020304")}
	finish(t, l, lower, Accepted)
	wantSame(t, record(t, l, upper).State, Accepted)
	_, err := l.Begin(upper, noon, noon)
	wantError(t, err, ErrRefused)
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
				if errors.Is(err, ErrRefused) {
					continue
				}
				if err == nil {
					begun.Add(1)
					if _, twice := numbers.LoadOrStore(i.Number, i.Key); twice {
						t.Errorf("number %d was given twice", i.Number)
					}
					err = l.Finish(i, Result{State: Accepted, Status: 200, Reason: fmt.Sprintf("r%d", n%5), At: noon})
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
	wantSame(t, info.Counts, map[State]int{Accepted: keys})
}
