package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// pendingAtOnce is how many waiting conversations one pass takes up; more wait for the next.
const pendingAtOnce = 10_000

// cursor is where a pass stands in time. The three kinds of pass (from the checkpoint, a back-fill, a plan
// that is carried out) differ in it alone.
type cursor interface {
	// span is the range of resolutions that the pass is about.
	span() fetch.Window
	// pauses reports whether a resolution that was found in a window, and that the pass does not come to, is
	// left to the pass's own next start: the operator of a back-fill or a plan sets the pace, and the passes
	// from the checkpoint would send all of them at once.
	pauses(found fetch.Window, resolved time.Time) bool
	// divide parts what waits in the ledger into what the pass is to take up and what it leaves.
	divide(waiting []store.Entry) (own, others []store.Entry)
	// maxPending is how much of what waits the pass looks at.
	maxPending(limits deliver.Limits) int
	// advance notes in a batch how far the pass has read when a commit is recorded.
	advance(batch *store.Batch, c commitRange)
	// recorded takes in a batch that is in the ledger.
	recorded(batch store.Batch)
	// position is up to where everything is read and recorded.
	position() time.Time
	// closed is the checkpoint at the beginning: whatever bears an earlier time was read before; zero where
	// that says nothing.
	closed() time.Time
}

// commitRange is what a commit covers.
type commitRange struct {
	fetch.Window
	complete bool      // with it the window is read to its end
	left     time.Time // the earliest resolution that was left for later; zero for none
}

// fromCheckpoint is the cursor of a pass from the checkpoint to now.
type fromCheckpoint struct {
	window     fetch.Window
	begin      time.Time // the checkpoint at the beginning
	checkpoint time.Time
}

// newFromCheckpoint refuses a checkpoint in the future, and a range that the ledger or the search does not
// reach.
func newFromCheckpoint(ledger WindowStore, info store.Info, c decide.Clock, o Options) (cursor, error) {
	window := fetch.Span(info, c.Until(o.Settle), o.Overlap)
	if err := notAhead(ledger, info, c.Kustomer, o); err != nil {
		return nil, err
	}
	if err := reachable(window, c.Kustomer); err != nil {
		return nil, err
	}
	f := &fromCheckpoint{window: window, begin: info.Checkpoint, checkpoint: info.Checkpoint}
	return f, remembered(info.Checkpoint, info.Floor)
}

func (f *fromCheckpoint) span() fetch.Window                  { return f.window }
func (f *fromCheckpoint) pauses(fetch.Window, time.Time) bool { return false }
func (f *fromCheckpoint) position() time.Time                 { return f.checkpoint }
func (f *fromCheckpoint) closed() time.Time                   { return f.begin }

func (f *fromCheckpoint) divide(waiting []store.Entry) (own, others []store.Entry) {
	return waiting, nil
}

// maxPending is no more than the pass may send.
func (f *fromCheckpoint) maxPending(l deliver.Limits) int {
	if most := l.AtMost(); most > 0 {
		return min(most, pendingAtOnce)
	}
	return pendingAtOnce
}

func (f *fromCheckpoint) advance(batch *store.Batch, c commitRange) {
	if c.complete && c.To.After(f.checkpoint) {
		batch.Checkpoint = c.To
	}
}

func (f *fromCheckpoint) recorded(batch store.Batch) {
	if !batch.Checkpoint.IsZero() {
		f.checkpoint = batch.Checkpoint
	}
}

// notAhead refuses a checkpoint in the future.
func notAhead(ledger WindowStore, info store.Info, now time.Time, o Options) error {
	if !info.Checkpoint.After(now.Add(clockWarning)) {
		return nil
	}
	ahead := &AheadError{Checkpoint: info.Checkpoint, Now: now, Overlap: o.Overlap, Settle: o.Settle}
	runs, err := ledger.Runs(0)
	if err != nil {
		return fmt.Errorf("read the past passes: %w", err)
	}
	for _, run := range runs {
		if run.Mode == "run" && !run.Checkpoint.After(now) && run.Checkpoint.After(ahead.Read) {
			ahead.Read = run.Checkpoint
		}
	}
	if !ahead.Read.IsZero() {
		ahead.Read = ahead.Read.Add(-o.Overlap)
		if known := fetch.KnownSince(info); ahead.Read.Before(known) {
			ahead.Read = known
		}
	}
	return ahead
}

// reachable refuses a window that the search would silently leave out in part.
func reachable(w fetch.Window, now time.Time) error {
	if limit := now.Add(-Horizon); w.From.Before(limit) {
		return &TooOldError{From: w.From, Limit: limit}
	}
	return nil
}

// remembered refuses to read from a time that lies below the floor of the ledger, which is zero while it has
// forgotten nothing. A pass from the checkpoint is never refused unless the ledger was changed by something
// else: Prune keeps away from the checkpoint.
func remembered(from, floor time.Time) error {
	if from.Before(floor) {
		return &FloorError{Floor: floor, From: from}
	}
	return nil
}

// before is up to where a back-fill may come that has left a resolution for later. A search may tell its time
// a little earlier than the conversation did.
func (c commitRange) before(resolved time.Time) time.Time {
	at := resolved.Add(-decide.SameWithin)
	switch {
	case at.Before(c.From):
		return c.From
	case at.Before(c.To):
		return at
	}
	return c.To
}
