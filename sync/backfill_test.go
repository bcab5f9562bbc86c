package sync

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
)

// backfill lets the bench's engine make back-fills over the range, and returns to it as it was.
func (b *bench) backfill(from, to time.Time) {
	b.engine.Options.Mode, b.engine.Options.Range = "backfill", fetch.Window{From: from, To: to}
}

// position is how far the ledger says that a back-fill has come.
func (b *bench) position(t *testing.T) store.Backfill {
	t.Helper()
	known, err := b.ledger.Backfill(b.engine.Options.Range.From, b.engine.Options.Range.To)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func checkpoint(t *testing.T, b *bench) time.Time {
	t.Helper()
	info, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	return info.Checkpoint
}

func TestBackfillLeavesTheCheckpoint(t *testing.T) {
	b := newBench(t, 20)
	before := checkpoint(t, b)
	from, to := testNow.Add(-70*time.Minute), testNow.Add(-63*time.Minute)
	b.backfill(from, to) // marked done 70 to 64 minutes ago: seven of them
	result := b.mustRun(t)
	if result.Found != 7 || result.Counts[store.Accepted] != 7 || result.Late != 0 {
		t.Errorf("got %+v", result)
	}
	if got := checkpoint(t, b); !got.Equal(before) {
		t.Errorf("the checkpoint moved from %s to %s", before, got)
	}
	if got := b.position(t); !got.Position.Equal(to) || got.Finished.IsZero() {
		t.Errorf("the ledger has %+v", got)
	}

	again := b.mustRun(t)
	if again.Found != 0 || !again.Window.Empty() || !again.Backfill.Finished.Equal(b.position(t).Finished) {
		t.Errorf("a finished one again: %+v", again)
	}
	b.engine.Options.Restart = true
	if restarted := b.mustRun(t); restarted.Reasons[store.Skipped][decide.AlreadySent] != 7 || restarted.Counts[store.Accepted] != 0 {
		t.Errorf("begun again: %+v", restarted)
	}
	b.engine.Options.Range, b.engine.Options.Restart = fetch.Window{}, false
	if live := b.mustRun(t); live.Counts[store.Accepted] != 13 || live.Late != 0 {
		t.Errorf("the pass from the checkpoint: %+v", live)
	}
}

// TestBackfillGoesOn stops a back-fill in each way, and lets it go on: what it left is not for the passes from the
// checkpoint.
func TestBackfillGoesOn(t *testing.T) {
	const all = 30
	from, to := testNow.Add(-100*time.Minute), testNow.Add(-30*time.Minute)
	signal := errors.New("SIGTERM")
	tests := []struct {
		name   string
		limits deliver.Limits
		stop   bool // a signal while the fifth is sent
		err    error
	}{
		{name: "max", limits: deliver.Limits{Max: 5, ErrorRate: 1}},
		{name: "max_per_run", limits: deliver.Limits{Requests: 5, ErrorRate: 1}},
		{name: "signal", limits: deliver.Limits{ErrorRate: 1}, stop: true, err: signal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, all)
			b.engine.Options.Limits, b.engine.Options.Concurrency = test.limits, 1
			b.backfill(from, to)
			ctx, cancel := context.WithCancelCause(t.Context())
			b.answer = func(agentconnect.Request) agentconnect.Answer {
				if test.stop && len(b.got) == 5 {
					cancel(signal)
				}
				return taken()
			}
			result, err := b.engine.Run(ctx)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			b.check(t, result)
			if result.Counts[store.Accepted] != 5 || result.Reasons[store.Scheduled][decide.Paused] != all-5 {
				t.Errorf("got %+v", result)
			}
			// The sixth earliest was marked done 60+24 minutes ago; a search may tell that a little earlier.
			if got, want := b.position(t).Position, testNow.Add(-84*time.Minute-decide.SameWithin); !got.Equal(want) {
				t.Errorf("position %s, want %s", got, want)
			}
			waiting, err := b.ledger.Waiting(0)
			if err != nil || len(waiting) != 0 {
				t.Errorf("%d wait in the ledger for passes from the checkpoint (%v)", len(waiting), err)
			}
			b.engine.Options.Limits = deliver.Limits{ErrorRate: 1}
			if rest := b.mustRun(t); rest.Found != all-5 || rest.Counts[store.Accepted] != all-5 || rest.Backfill.Finished.IsZero() {
				t.Errorf("going on: %+v", rest)
			}
		})
	}
}

func TestBackfillUpToNow(t *testing.T) {
	b := newBench(t, 5)
	b.backfill(testNow.Add(-2*time.Hour), time.Time{})
	if first := b.mustRun(t); first.Counts[store.Accepted] != 5 || !first.Window.To.Equal(testNow.Add(-3*time.Minute)) {
		t.Errorf("got %+v", first)
	}
	late := b.conversations[0]
	late.ID = "6716500fa1b2c3d4e5f6ffff"
	done := *late.LastDone
	done.At = testNow.Add(time.Minute)
	late.LastDone = &done
	b.conversations = append(b.conversations, late)
	b.now = testNow.Add(10 * time.Minute)
	if second := b.mustRun(t); second.Found != 1 || second.Counts[store.Accepted] != 1 {
		t.Errorf("the same again, later: %+v", second)
	}
}

// TestBackfillRanges holds which ranges are read, and what is said of the others.
func TestBackfillRanges(t *testing.T) {
	const day = 24 * time.Hour
	start := testNow.Add(-day) // of the ledger
	latest := testNow.Add(-3 * time.Minute)
	var wrong *RangeError
	var old *TooOldError
	tests := []struct {
		name     string
		from, to time.Time
		target   any // of errors.As; nil: it is read
		notice   string
		adopted  time.Time // from when on the ledger knows whom others have asked
	}{
		{name: "plain", from: start, to: latest},
		{name: "below the beginning of the ledger", from: start.Add(-time.Millisecond), to: latest, notice: "other means"},
		{name: "ends in the last minutes", from: start, to: latest.Add(time.Millisecond), target: &wrong},
		{name: "in the future", from: testNow.Add(time.Hour), to: testNow.Add(2 * time.Hour), target: &wrong},
		{name: "from the future to now", from: testNow.Add(time.Hour), target: &wrong},
		{name: "ends before it begins", from: latest, to: start, target: &wrong},
		{name: "empty", from: start, to: start, target: &wrong},
		{name: "two years", from: testNow.Add(-Horizon), to: latest, notice: "other means"},
		{name: "below the beginning, and adopted", from: start.Add(-day), to: latest, adopted: start.Add(-day)},
		{name: "adopted later than the beginning", from: start, to: latest, adopted: start.Add(time.Hour)},
		{
			name: "below what was adopted", from: start.Add(-day - time.Millisecond), to: latest, adopted: start.Add(-day),
			notice: start.Add(-day).UTC().Format("2006-01-02T15:04:05"),
		},
		{name: "more than two years", from: testNow.Add(-Horizon - time.Millisecond), to: latest, target: &old},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 3)
			b.backfill(test.from, test.to)
			if err := b.ledger.Adopt(store.Adoption{KnownFrom: test.adopted}); err != nil {
				t.Fatal(err)
			}
			result, err := b.run(t)
			switch {
			case test.target == nil && err != nil:
				t.Fatal(err)
			case test.target != nil && !errors.As(err, test.target):
				t.Fatalf("error %v, want %T", err, test.target)
			case test.target != nil && (b.calls["search"] != 0 || b.position(t) != store.Backfill{}):
				t.Errorf("%d searches, and the ledger has %+v", b.calls["search"], b.position(t))
			}
			if said := strings.Join(result.Notices, "\n"); (test.notice == "") != (said == "") || !strings.Contains(said, test.notice) {
				t.Errorf("notices: %q", said)
			}
		})
	}
}

func TestBackfillHeedsTheFloor(t *testing.T) {
	b := newBench(t, 3)
	b.mustRun(t)
	floor := testNow.Add(-61 * time.Minute)
	if _, err := b.ledger.Prune(t.Context(), floor); err != nil {
		t.Fatal(err)
	}
	b.backfill(floor.Add(-time.Millisecond), testNow.Add(-time.Hour))
	_, err := b.run(t)
	var below *FloorError
	if !errors.As(err, &below) || !below.Floor.Equal(floor) {
		t.Errorf("error %v", err)
	}
	b.backfill(floor, testNow.Add(-time.Hour))
	b.mustRun(t)
}

// TestBackfillTakesUpItsOwn leaves what waits outside of the range to the passes from the checkpoint.
func TestBackfillTakesUpItsOwn(t *testing.T) {
	b := newBench(t, 10)
	b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 429, Written: true} }
	b.mustRun(t) // all ten are to be retried
	due(t, b)
	b.answer = nil
	b.backfill(testNow.Add(-66*time.Minute), testNow.Add(-62*time.Minute)) // 66 to 63 minutes ago
	result := b.mustRun(t)
	if result.Due != 4 || result.Found != 4 || result.Counts[store.Accepted] != 4 {
		t.Errorf("got %+v", result)
	}
	b.engine.Options.Range = fetch.Window{}
	if rest := b.mustRun(t); rest.Counts[store.Accepted] != 6 {
		t.Errorf("the pass from the checkpoint: %+v", rest)
	}
}

func TestDryBackfillWritesNothing(t *testing.T) {
	b := newBench(t, 20)
	b.backfill(testNow.Add(-2*time.Hour), testNow.Add(-time.Hour+time.Millisecond))
	live := *b.engine
	b.engine.Ledger, b.engine.Sender, b.engine.Options.DryRun = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}, true
	dry := b.mustRun(t)
	if dry.Planned != 20 || b.position(t) != (store.Backfill{}) {
		t.Errorf("got %+v, the ledger has %+v", dry, b.position(t))
	}
	b.engine = &live
	if result := b.mustRun(t); result.Counts[store.Accepted] != dry.Planned {
		t.Errorf("the dry run said %d, the pass did %+v", dry.Planned, result)
	}
}
