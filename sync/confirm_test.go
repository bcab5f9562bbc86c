package sync

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/deliver"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
)

// TestFirstPassIsConfirmed holds when the first pass of a ledger asks to be confirmed, and that until then nothing is sent.
func TestFirstPassIsConfirmed(t *testing.T) {
	const all = 20 // one of them is spam
	tests := []struct {
		name      string
		confirmed int
		limits    deliver.Limits
		tried     bool // the ledger has sent something before
		allowed   int  // 10 unless told otherwise
		accepted  int  // 0: refused
	}{
		{name: "too many", accepted: 0},
		{name: "few enough", allowed: 19, accepted: 19},
		{name: "few to look at", allowed: 20, accepted: 19},
		{name: "no limit", allowed: -1, accepted: 19},
		{name: "confirmed", confirmed: 19, accepted: 19},
		{name: "too few confirmed", confirmed: 18, accepted: 0},
		{name: "less confirmed than goes without saying", confirmed: 5, allowed: 20, accepted: 0},
		{name: "--max", limits: deliver.Limits{Max: 10}, accepted: 10},
		{name: "--max above", limits: deliver.Limits{Max: 11}, accepted: 0},
		{name: "max_per_run", limits: deliver.Limits{Requests: 7}, accepted: 7},
		{name: "not the first", tried: true, accepted: 18},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, all)
			b.conversations[3].Spam = true
			if test.tried {
				b.backfill(testNow.Add(-60*time.Minute), testNow.Add(-60*time.Minute+1))
				b.mustRun(t)
				b.engine.Options.Range = fetch.Window{}
			}
			before := checkpoint(t, b)
			b.engine.Options.Limits, b.engine.Options.Confirmed, b.engine.Options.Unconfirmed = test.limits, test.confirmed, 10
			b.engine.Options.Limits.ErrorRate = 1
			if test.allowed != 0 {
				b.engine.Options.Unconfirmed = max(test.allowed, 0)
			}
			result, err := b.run(t)
			var unconfirmed *UnconfirmedError
			refused := errors.As(err, &unconfirmed)
			if refused != (test.accepted == 0) || !refused && err != nil {
				t.Fatalf("error %v", err)
			}
			if result.Counts[store.Accepted] != test.accepted {
				t.Errorf("%d accepted, want %d", result.Counts[store.Accepted], test.accepted)
			}
			if !refused {
				return
			}
			info, err := b.ledger.Info()
			if err != nil {
				t.Fatal(err)
			}
			if unconfirmed.Planned != all-1 || len(b.got) != 0 || len(info.Counts) != 0 || !info.Checkpoint.Equal(before) {
				t.Errorf("%v; %d requests, the ledger has %+v", err, len(b.got), info)
			}
		})
	}
}

// TestConfirmedIsALimit lets more conversations turn up after they were counted.
func TestConfirmedIsALimit(t *testing.T) {
	b := newBench(t, 12)
	more := b.conversations[5:]
	b.conversations = b.conversations[:5:5]
	b.engine.Options.Unconfirmed = 10
	searches := 0
	b.fail = func(call string) error {
		if call == "search" {
			if searches++; searches == 1 {
				b.conversations = append(b.conversations, more...)
			}
		}
		return nil
	}
	result := b.mustRun(t)
	if result.Counts[store.Accepted] != 10 || result.Counts[store.Scheduled] != 2 || result.Limit != "confirm-first-run" {
		t.Errorf("got %+v", result)
	}
}

// TestFirstPassReadsOnce makes first passes of which one search cannot count what they find. Where the parts show that it
// is no more than was confirmed, each window is read once; else all of it is counted by a whole dry run first.
func TestFirstPassReadsOnce(t *testing.T) {
	once := 0
	for _, test := range []struct{ confirmed, reads int }{{20, 1}, {19, 2}} {
		b := newBench(t, 20)
		b.conversations[3].Spam = true
		for i := range b.conversations {
			b.address(i, fmt.Sprintf("jane+%d@example.com", i))
		}
		b.engine.Reach = fetch.PageLimits{Page: 5, Target: 4, Rows: 8, Pages: 100}
		b.engine.Options.Unconfirmed, b.engine.Options.Confirmed = 1, test.confirmed
		joined := 0 // what is counted alone is not joined with its customers
		b.fail = func(call string) error {
			if call == "search customers" || call == "customer" {
				joined++
			}
			return nil
		}
		result := b.mustRun(t)
		if once == 0 {
			once = joined
		}
		if result.Counts[store.Accepted] != 19 || joined == 0 || joined != test.reads*once {
			t.Errorf("%d confirmed: customers were read %d times, %d when read once; %+v", test.confirmed, joined, once, result)
		}
	}
}

// TestConfirmedNumberIsNotCountedAgain confirms the number that a first pass was refused for: what that has read to count is
// not read to count once more, unless it says nothing of this pass. The number is a limit all the same.
func TestConfirmedNumberIsNotCountedAgain(t *testing.T) {
	const all = 20
	unchanged := func(*bench) {}
	tests := map[string]struct {
		since               func(b *bench)
		confirmed           int
		reads               int // of what the pass that was refused has read once
		accepted, scheduled int
	}{
		"the number":      {since: unchanged, confirmed: all - 1, reads: 1, accepted: all - 1},
		"more":            {since: unchanged, confirmed: all + 5, reads: 1, accepted: all - 1},
		"less":            {since: unchanged, confirmed: all - 2, reads: 1},
		"a new one since": {since: func(b *bench) { b.conversations[3].Spam = false }, confirmed: all - 1, reads: 1, accepted: all - 1, scheduled: 1},
		"a day ago":       {since: func(b *bench) { b.tell(t, func(r *store.Run) { r.Ended = time.Now().Add(-25 * time.Hour) }) }, confirmed: all - 1, reads: 2, accepted: all - 1},
		"hours ago":       {since: func(b *bench) { b.tell(t, func(r *store.Run) { r.Ended = time.Now().Add(-23 * time.Hour) }) }, confirmed: all - 1, reads: 1, accepted: all - 1},
		"from elsewhere":  {since: func(b *bench) { b.tell(t, func(r *store.Run) { r.From = r.From.Add(time.Hour) }) }, confirmed: all - 1, reads: 2, accepted: all - 1},
		"a back-fill":     {since: func(b *bench) { b.tell(t, func(r *store.Run) { r.Mode = "backfill" }) }, confirmed: all - 1, reads: 2, accepted: all - 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, all)
			b.conversations[3].Spam = true
			for i := range b.conversations {
				b.address(i, fmt.Sprintf("jane+%d@example.com", i))
			}
			b.engine.Reach = fetch.PageLimits{Page: 5, Target: 4, Rows: 8, Pages: 100}
			b.engine.Options.Unconfirmed = 1
			if _, err := b.run(t); err == nil || len(b.got) > 0 {
				t.Fatalf("%d were sent, %v", len(b.got), err)
			}
			read := b.calls["search customers"]
			test.since(b)
			b.engine.Options.Confirmed = test.confirmed
			result, err := b.run(t)
			if refused := errors.As(err, new(*UnconfirmedError)); refused != (test.accepted == 0) || !refused && err != nil {
				t.Fatal(err)
			}
			if result.Counts[store.Accepted] != test.accepted || result.Counts[store.Scheduled] != test.scheduled {
				t.Errorf("got %+v", result.Counts)
			}
			if again := b.calls["search customers"] - read; read == 0 || again/read != test.reads {
				t.Errorf("customers were searched %d times by the pass that was refused, then %d times, want %d times as often",
					read, again, test.reads)
			}
		})
	}
}

// tell lets the ledger tell of another pass as the last one, which is as that was but for a change.
func (b *bench) tell(t *testing.T, change func(*store.Run)) {
	t.Helper()
	runs, err := b.ledger.Runs(1)
	if err != nil {
		t.Fatal(err)
	}
	run := runs[0]
	run.Pass = "20261122T200001Z-0000"
	change(&run)
	if err := b.ledger.Commit(store.Batch{Run: &run}); err != nil {
		t.Fatal(err)
	}
}

func TestDryRunNamesTheConfirmation(t *testing.T) {
	b := newBench(t, 12)
	for i := range b.conversations {
		b.address(i, fmt.Sprintf("jane+%d@example.com", i))
	}
	b.engine.Ledger, b.engine.Sender, b.engine.Options.DryRun = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}, true
	b.engine.Options.Unconfirmed = 10
	if result := b.mustRun(t); result.Planned != 12 || len(result.Notices) != 1 {
		t.Errorf("got %+v", result)
	}
}

// TestNothingAttempted holds that a pass which an expression kept from sending anything does not count as the first one.
func TestNothingAttempted(t *testing.T) {
	for _, test := range []struct {
		info store.Info
		want bool
	}{
		{store.Info{Counts: map[store.State]int{store.Rejected: 20, store.Skipped: 3, store.Dropped: 1, store.Scheduled: 2}}, false},
		{store.Info{Intents: 1}, true},
		{store.Info{Counts: map[store.State]int{store.Accepted: 1}}, true}, // imported, or rebuilt
	} {
		if got := !neverSent(test.info); got != test.want {
			t.Errorf("%+v: tried %v", test.info, got)
		}
	}
}
