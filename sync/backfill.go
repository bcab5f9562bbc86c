package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
)

// backfill is the cursor of a back-fill: a range of its own. The checkpoint stays where it is.
type backfill struct {
	window fetch.Window // what is left to read of the range
	from   time.Time    // of the range as it was asked for
	entry  store.Backfill
	opens  bool // it begins with this pass, for the first time or again
	held   bool // the position stays: a conversation was left for later
}

// newBackfill finds what is left to read of a range. One without an end goes on to the present each time.
func newBackfill(ledger Ledger, info store.Info, c decide.Clock, o Options) (cursor, error) {
	asked, latest := fetch.Window{From: ceil(o.Range.From), To: ceil(o.Range.To)}, c.Until(o.Settle)
	whole := asked
	if asked.To.IsZero() {
		whole.To = latest
	}
	b := &backfill{from: o.Range.From}
	if whole.Empty() || whole.To.After(latest) {
		return nil, &RangeError{Range: asked, Latest: latest}
	}
	known, err := ledger.Backfill(asked.From, asked.To)
	if err != nil {
		return nil, fmt.Errorf("read how far the back-fill has come: %w", err)
	}
	if known.Begun.IsZero() || o.Restart {
		begun := time.Now()
		// The ledger tells two beginnings apart by their times.
		if soonest := known.Begun.Add(time.Millisecond); begun.Before(soonest) {
			begun = soonest
		}
		known = store.Backfill{From: asked.From, To: asked.To, Position: asked.From, Begun: begun}
		b.opens = true
	}
	b.window = fetch.Window{From: known.Position, To: whole.To}
	if !b.window.Empty() {
		known.Finished = time.Time{}
	}
	b.entry = known
	if err := reachable(b.window, c.Kustomer); err != nil || b.window.Empty() {
		return b, err
	}
	return b, remembered(b.window.From, info.Floor)
}

// ceil rounds up to whole milliseconds, which Kustomer's times have: the same conversations are selected.
func ceil(t time.Time) time.Time {
	if whole := t.Truncate(time.Millisecond); !whole.Equal(t) {
		return whole.Add(time.Millisecond)
	}
	return t
}

func (b *backfill) span() fetch.Window  { return b.window }
func (b *backfill) position() time.Time { return b.entry.Position }
func (b *backfill) closed() time.Time   { return time.Time{} }

func (b *backfill) pauses(found fetch.Window, resolved time.Time) bool {
	return found.Reaches(resolved)
}

func (b *backfill) divide(waiting []store.Entry) (own, others []store.Entry) {
	whole := fetch.Window{From: b.from, To: b.window.To}
	for _, e := range waiting {
		if whole.Contains(e.Record.Resolution) {
			own = append(own, e)
		} else {
			others = append(others, e)
		}
	}
	return own, others
}

// advance never passes a conversation which the back-fill has left for later.
func (b *backfill) advance(batch *store.Batch, w *windowCommit) {
	to := w.To
	if !w.left.IsZero() {
		// A search may tell its time a little earlier than the conversation did.
		to = earlier(to, w.left.Add(-decide.SameWithin))
		if to.Before(w.From) {
			to = w.From
		}
	}
	if w.complete && !b.held && to.After(b.entry.Position) {
		if b.entry.Position = to; !to.Before(b.window.To) {
			b.entry.Finished = time.Now()
		}
		moved := b.entry
		batch.Backfill = &moved
	}
	b.held = b.held || !w.left.IsZero()
}

// begin says how much is to be read, and notes the back-fill in the ledger, so that any later stop finds it.
func (b *backfill) begin(w *work, estimated func() (fetch.Estimate, error)) error {
	if !b.window.Empty() {
		estimate, err := estimated()
		if err != nil {
			return err
		}
		w.tally.edit(func(r *Result) { r.Counted = estimate })
		w.tally.observe(Estimated{estimate})
	}
	if !b.opens {
		return nil
	}
	if err := w.ledger.Commit(store.Batch{Backfill: &b.entry}); err != nil {
		return unwritten("note that the back-fill begins: %w", err)
	}
	return nil
}

// resume takes in how far the back-fill has come while others had the ledger, which is the one that it has
// written to before. What this pass knows is further only in a dry run.
func (b *backfill) resume(ledger Ledger, info store.Info) error {
	known, err := ledger.Backfill(b.entry.From, b.entry.To)
	switch begun, own := known.Begun.UnixMilli(), b.entry.Begun.UnixMilli(); {
	case err != nil:
		return fmt.Errorf("read how far the back-fill has come: %w", err)
	// A dry run has not written down that it began.
	case known.Begun.IsZero():
	case begun > own:
		return ErrBegunAgain
	case begun == own && known.Position.After(b.entry.Position):
		b.entry.Position, b.entry.Finished = known.Position, known.Finished
	}
	rest := b.window
	if rest.From = b.entry.Position; rest.Empty() {
		return nil
	}
	return remembered(rest.From, info.Floor)
}

// ErrBegunAgain ends a back-fill whose turn another one took to begin the same range again.
var ErrBegunAgain = exit.New(exit.Temporary, "the same back-fill was begun again by another process, while "+
	"this one let it have the ledger; nothing is lost, and the same command goes on with it")

// RangeError is a range of a back-fill that is empty, or ends later than the search is settled.
type RangeError struct {
	Range  fetch.Window
	Latest time.Time // the latest possible end
}

// Error says what happened and what to do.
func (e *RangeError) Error() string {
	switch {
	case e.Range.To.IsZero():
		return fmt.Sprintf("the back-fill begins at %s, which is not before %s, the latest end that it can "+
			"have now (sync.settle before Kustomer's clock or this machine's): nothing was read",
			decide.Format(e.Range.From), decide.Format(e.Latest))
	case e.Range.Empty():
		return fmt.Sprintf(
			"the back-fill from %s ends before it begins: nothing was read. Its end is exclusive", e.Range)
	}
	return exit.Told(fmt.Sprintf("the back-fill from %s ends in the future, or too late for Kustomer's "+
		"search to show all of it: nothing was read", e.Range), e.Todo())
}

// Todo is what to do; empty where the error says it.
func (e *RangeError) Todo() string {
	if e.Range.To.IsZero() || e.Range.Empty() {
		return ""
	}
	return fmt.Sprintf("the latest possible end is now %s, or \"now\" (sync.settle before Kustomer's clock "+
		"or this machine's)", decide.Format(e.Latest))
}

// Topic is the one of the manual that tells more.
func (*RangeError) Topic() string { return "backfill" }

// ExitClass returns the code that the process ends with.
func (*RangeError) ExitClass() exit.Code { return exit.Usage }
