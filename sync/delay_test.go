package sync

import (
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/kustomer"
)

// done marks the nth conversation done at another time.
func (b *bench) done(n int, at time.Time) {
	c := &b.conversations[n]
	c.LastDone = &kustomer.Done{At: at, By: c.LastDone.By, AssignedUsers: c.LastDone.AssignedUsers}
}

// TestDelay follows one conversation, marked done an hour ago, to the end of its delay of three hours.
func TestDelay(t *testing.T) {
	due := testNow.Add(2 * time.Hour)
	tests := []struct {
		name    string
		change  func(b *bench) // between the first pass and the one when it is due
		state   store.State
		reason  decide.Reason
		due     time.Time
		accepts int
	}{
		{name: "sent when due", change: func(*bench) {}, state: store.Accepted, accepts: 1},
		{name: "reopened", change: func(b *bench) { b.conversations[0].Status = "open" }, state: store.Skipped, reason: decide.Reopened},
		{name: "marked done again", change: func(b *bench) { b.done(0, due.Add(-time.Hour)) }, state: store.Scheduled, reason: decide.Delayed, due: due.Add(2 * time.Hour)},
		{name: "deleted", change: func(b *bench) { b.conversations = nil }, state: store.Skipped, reason: decide.Gone},
		{name: "now a filter holds", change: func(b *bench) { b.conversations[0].Spam = true }, state: store.Skipped, reason: decide.Spam},
		{name: "max_age is shorter than the delay", change: func(b *bench) { b.engine.Options.Policy.MaxAge = time.Hour }, state: store.Accepted, accepts: 1},
		{name: "the delay was removed", change: func(b *bench) { b.engine.Options.Policy.Delay = 0 }, state: store.Accepted, accepts: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 1)
			key := decide.KeyOf(b.conversations[0])
			b.engine.Options.Policy.Delay = 3 * time.Hour
			for range 2 { // the second pass sees it again, in its overlap
				b.engine.Options.Overlap = 2 * time.Hour
				if result := b.mustRun(t); result.Found != 1 || result.Counts[store.Scheduled] != 1 || !result.NextDue.Equal(due) {
					t.Fatalf("before its time: %+v", result)
				}
			}
			b.engine.Options.Overlap = 0
			test.change(b)
			b.desk.now = due
			b.mustRun(t)
			known, err := b.ledger.Lookup([]store.Key{key})
			if err != nil {
				t.Fatal(err)
			}
			got := known[key]
			if got.State != test.state || decide.Reason(got.Reason) != test.reason || !got.Due.Equal(test.due) || len(b.got) != test.accepts {
				t.Errorf("got %+v, %d sent", got, len(b.got))
			}
		})
	}
}

// TestDelayIsOver: what is found after its time is sent at once, and a dry run never calls what waits for its time sent.
func TestDelayIsOver(t *testing.T) {
	b := newBench(t, 3) // done 60, 61 and 62 minutes ago
	b.engine.Options.Policy.Delay = 61 * time.Minute
	b.engine.Options.DryRun, b.engine.Sender, b.engine.Ledger = true, dryrun.Sender{}, &dryrun.Ledger{ReadLedger: b.ledger}
	if result := b.mustRun(t); result.Planned != 2 || result.Counts[store.Scheduled] != 1 {
		t.Errorf("dry: %+v", result)
	}
	b.engine.Options.DryRun, b.engine.Sender, b.engine.Ledger = false, b.receiver, b.ledger
	if result := b.mustRun(t); result.Counts[store.Accepted] != 2 || result.Counts[store.Scheduled] != 1 {
		t.Errorf("live: %+v", result)
	}
}
