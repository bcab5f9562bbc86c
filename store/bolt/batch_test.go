package bolt

import (
	"testing"
	"time"

	"acsync/store"
)

func TestCommitKeepsTheAttempts(t *testing.T) {
	l := newLedger(t, Options{})
	finish(t, l, id(1), store.Retry)
	later := noon.Add(time.Hour)
	commit(t, l, store.Record{State: store.Skipped, Reason: "reopened", Resolution: later, At: later}, id(1))
	wantSame(t, record(t, l, id(1)), store.Record{
		State: store.Skipped, Reason: "reopened", Resolution: later, At: sec.Add(time.Hour), First: sec, Attempts: 1, Intent: 1,
	})
}

func TestCommitAllOrNothing(t *testing.T) {
	for name, last := range map[string]store.Batch{
		"an accepted key":          {Entries: []store.Entry{{Key: id(1), Record: store.Record{State: store.Skipped, At: noon}}}},
		"a checkpoint before":      {Checkpoint: noon.Add(-48 * time.Hour)},
		"a record without a state": {Entries: []store.Entry{{Key: id(3), Record: store.Record{At: noon}}}},
		"a record without a time":  {Entries: []store.Entry{{Key: id(3), Record: store.Record{State: store.Skipped}}}},
		"a key without an id":      {Entries: []store.Entry{{Key: store.Key{}, Record: store.Record{State: store.Skipped, At: noon}}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			finish(t, l, id(1), store.Accepted)
			before, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			last.Entries = append([]store.Entry{{Key: id(2), Record: store.Record{State: store.Scheduled, Reason: "new", At: noon, Due: noon}}}, last.Entries...)
			last.Run = &store.Run{Pass: "p"}
			if err := l.Commit(last); err == nil {
				t.Fatal("the batch was taken")
			}
			after, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, after, before)
			wantSame(t, record(t, l, id(2)), store.Record{})
			// A reason numbered in the transaction that failed must not be taken for known.
			commit(t, l, store.Record{State: store.Skipped, Reason: "new", At: noon}, id(4))
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			wantSame(t, record(t, openLedger(t, l.path, Options{}), id(4)).Reason, "new")
		})
	}
}

func TestCheckpointMovesForward(t *testing.T) {
	l := newLedger(t, Options{})
	for _, at := range []time.Time{noon, noon, {}, noon.Add(time.Millisecond)} {
		if err := l.Commit(store.Batch{Checkpoint: at}); err != nil {
			t.Fatalf("to %v: %v", at, err)
		}
	}
	wantError(t, l.Commit(store.Batch{Checkpoint: noon}), store.ErrRefused)
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, info.Checkpoint, noon.Add(time.Millisecond))
}

func TestEmptyCommitWritesNothing(t *testing.T) {
	l := newLedger(t, Options{})
	before, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Commit(store.Batch{}); err != nil {
		t.Fatal(err)
	}
	after, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, after.Transaction, before.Transaction)
}

func TestRuns(t *testing.T) {
	l := newLedger(t, Options{})
	var want []store.Run
	for n := range 3 {
		r := store.Run{
			Pass: string(rune('a' + n)), Mode: "run", Started: noon, Ended: noon.Add(time.Minute), Found: n,
			Counts: map[string]int{"skipped": n}, Reasons: map[string]int{"no_agent": n}, Exit: 0,
		}
		if err := l.Commit(store.Batch{Run: &r}); err != nil {
			t.Fatal(err)
		}
		want = append([]store.Run{r}, want...)
	}
	for limit, n := range map[int]int{0: 3, 2: 2, 9: 3} {
		got, err := l.Runs(limit)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, got, want[:n])
	}
}

// TestUnsentRejectionIsOpen holds that what was rejected without an attempt can be decided anew, and what Agent Connect
// refused cannot.
func TestUnsentRejectionIsOpen(t *testing.T) {
	l := newLedger(t, Options{})
	commit(t, l, store.Record{State: store.Rejected, Reason: "rule_error:x", At: noon}, id(1), id(2))
	commit(t, l, store.Record{State: store.Skipped, Reason: "spam", At: noon}, id(1))
	wantSame(t, record(t, l, id(1)).State, store.Skipped)
	wantSame(t, begin(t, l, id(2)).Attempt, 1)

	finish(t, l, id(3), store.Rejected)
	if _, err := l.Begin(id(3), noon, noon); err == nil {
		t.Error("what was refused was begun again")
	}
	if err := l.Commit(store.Batch{Entries: []store.Entry{{Key: id(3), Record: store.Record{State: store.Skipped, At: noon}}}}); err == nil {
		t.Error("what was refused was decided anew")
	}
}
