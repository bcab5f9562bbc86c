package store

import (
	"testing"
	"time"
)

func TestCommitKeepsTheAttempts(t *testing.T) {
	l := newLedger(t, Options{})
	finish(t, l, id(1), Retry)
	later := noon.Add(time.Hour)
	commit(t, l, Record{State: Skipped, Reason: "reopened", Resolution: later, At: later}, id(1))
	wantSame(t, record(t, l, id(1)), Record{
		State: Skipped, Reason: "reopened", Resolution: later, At: sec.Add(time.Hour), First: sec, Attempts: 1, Intent: 1,
	})
}

func TestCommitAllOrNothing(t *testing.T) {
	for name, last := range map[string]Batch{
		"an accepted key":          {Entries: []Entry{{id(1), Record{State: Skipped, At: noon}}}},
		"a checkpoint before":      {Checkpoint: noon.Add(-48 * time.Hour)},
		"a record without a state": {Entries: []Entry{{id(3), Record{At: noon}}}},
		"a record without a time":  {Entries: []Entry{{id(3), Record{State: Skipped}}}},
		"a key without an id":      {Entries: []Entry{{Key{}, Record{State: Skipped, At: noon}}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, Options{})
			finish(t, l, id(1), Accepted)
			before, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			last.Entries = append([]Entry{{id(2), Record{State: Scheduled, Reason: "new", At: noon, Due: noon}}}, last.Entries...)
			last.Run = &Run{Pass: "p"}
			if err := l.Commit(last); err == nil {
				t.Fatal("the batch was taken")
			}
			after, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, after, before)
			wantSame(t, record(t, l, id(2)), Record{})
			// A reason numbered in the transaction that failed must not be taken for known.
			commit(t, l, Record{State: Skipped, Reason: "new", At: noon}, id(4))
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
		if err := l.Commit(Batch{Checkpoint: at}); err != nil {
			t.Fatalf("to %v: %v", at, err)
		}
	}
	wantError(t, l.Commit(Batch{Checkpoint: noon}), ErrRefused)
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
	if err := l.Commit(Batch{}); err != nil {
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
	var want []Run
	for n := range 3 {
		r := Run{
			Pass: string(rune('a' + n)), Mode: "run", Started: noon, Ended: noon.Add(time.Minute), Found: n,
			Counts: map[string]int{"skipped": n}, Reasons: map[string]int{"no_agent": n}, Exit: 0,
		}
		if err := l.Commit(Batch{Run: &r}); err != nil {
			t.Fatal(err)
		}
		want = append([]Run{r}, want...)
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
	commit(t, l, Record{State: Rejected, Reason: "rule_error:x", At: noon}, id(1), id(2))
	commit(t, l, Record{State: Skipped, Reason: "spam", At: noon}, id(1))
	wantSame(t, record(t, l, id(1)).State, Skipped)
	wantSame(t, begin(t, l, id(2)).Attempt, 1)

	finish(t, l, id(3), Rejected)
	if _, err := l.Begin(id(3), noon, noon); err == nil {
		t.Error("what was refused was begun again")
	}
	if err := l.Commit(Batch{Entries: []Entry{{id(3), Record{State: Skipped, At: noon}}}}); err == nil {
		t.Error("what was refused was decided anew")
	}
}
