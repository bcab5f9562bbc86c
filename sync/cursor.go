package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
)

// Horizon is how far back Kustomer's search reaches by the time of the last change (documented).
const Horizon = 2 * 365 * 24 * time.Hour

// cursor is where a pass stands in time; in it alone the three kinds of pass differ.
type cursor interface {
	// span is the range of resolutions that the pass is about.
	span() fetch.Window
	// pauses reports whether a resolution that was found in a window, and that the pass does not come to, is
	// left to the pass's own next start: the operator of a back-fill or a plan sets the pace, and the passes
	// from the checkpoint would send all of them at once.
	pauses(found fetch.Window, resolved time.Time) bool
	// divide parts what waits in the ledger into what the pass is to take up and what it leaves.
	divide(waiting []store.Entry) (own, others []store.Entry)
	// advance moves on by what a window commit covers, and notes that in its batch. When the batch cannot be
	// written, nothing is asked of the cursor any more: the pass ends.
	advance(batch *store.Batch, w *windowCommit)
	// position is up to where everything is read and recorded.
	position() time.Time
	// closed is the checkpoint at the beginning: whatever bears an earlier time was read before; zero where
	// that says nothing.
	closed() time.Time
}

// fromCheckpoint is the cursor of a pass from the checkpoint to now.
type fromCheckpoint struct {
	window     fetch.Window
	begin      time.Time // the checkpoint at the beginning
	checkpoint time.Time
}

func newFromCheckpoint(ledger Ledger, info store.Info, c decide.Clock, o Options) (cursor, error) {
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

func (f *fromCheckpoint) advance(batch *store.Batch, w *windowCommit) {
	if w.complete && w.To.After(f.checkpoint) {
		batch.Checkpoint, f.checkpoint = w.To, w.To
	}
}

func notAhead(ledger Ledger, info store.Info, now time.Time, o Options) error {
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

// remembered refuses to read from below the ledger's floor. Prune keeps away from the checkpoint, so that
// only a back-fill is refused, or a ledger that something else has changed.
func remembered(from, floor time.Time) error {
	if from.Before(floor) {
		return &FloorError{Floor: floor, From: from}
	}
	return nil
}

// TooOldError tells that a window reaches back further than the search does.
type TooOldError struct{ From, Limit time.Time }

// Error says what happened and what to do.
func (e *TooOldError) Error() string {
	return exit.Told(fmt.Sprintf("the window begins at %s, but Kustomer's search shows nothing that was last "+
		"touched before %s (two years) and would silently leave it out", decide.Format(e.From),
		decide.Format(e.Limit)), e.Todo())
}

// Todo is what to do.
func (*TooOldError) Todo() string {
	return "begin at that time or later: a back-fill with --from, a new ledger with acsync init --start"
}

// Topic is the one of the manual that tells more.
func (*TooOldError) Topic() string { return "backfill" }

// ExitClass returns the code that the process ends with.
func (*TooOldError) ExitClass() exit.Code { return exit.Usage }

// FloorError is a window that begins where the ledger has forgotten who was asked.
type FloorError struct{ Floor, From time.Time }

// Error says what happened and what to do.
func (e *FloorError) Error() string {
	return exit.Told(fmt.Sprintf("the window begins at %s, but the ledger has forgotten who was asked about "+
		"what was marked done before %s (ledger.retain): nothing was read or sent, since they would be asked "+
		"again", decide.Format(e.From), decide.Format(e.Floor)), e.Todo())
}

// Todo is what to do.
func (*FloorError) Todo() string { return "begin at that time or later" }

// Topic is the one of the manual that tells more.
func (*FloorError) Topic() string { return "backfill" }

// ExitClass returns the code that the process ends with.
func (*FloorError) ExitClass() exit.Code { return exit.Usage }
