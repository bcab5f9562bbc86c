package sync

import (
	"context"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// RangeError tells that the range of a back-fill cannot be read: it ends before it begins, or so late that Kustomer's search
// may not show all of it yet.
type RangeError struct {
	Range  fetch.Window
	Latest time.Time // the latest possible end
}

// Error says what happened and what to do.
func (e *RangeError) Error() string {
	latest := e.Latest.UTC().Format(decide.TimeLayout)
	if e.Range.To.IsZero() {
		return fmt.Sprintf("the back-fill begins at %s, which is not before %s, the latest end that it can have now (sync.settle before "+
			"Kustomer's clock or this machine's): nothing was read", e.Range.From.UTC().Format(decide.TimeLayout), latest)
	}
	if e.Range.Empty() {
		return fmt.Sprintf("the back-fill from %s ends before it begins: nothing was read. Its end is exclusive", e.Range)
	}
	return fmt.Sprintf("the back-fill from %s ends in the future, or too late for Kustomer's search to show all of it: nothing was read. "+
		"The latest possible end is now %s, or \"now\" (sync.settle before Kustomer's clock or this machine's)", e.Range, latest)
}

// backfilling tells whether the pass has a range of its own. Then the checkpoint stays where it is.
func (o Options) backfilling() bool { return !o.Range.From.IsZero() }

// chart finds out what the pass is to read: from the checkpoint to now, or what is left of a back-fill's range.
func (p *pass) chart(info store.Info, c fetch.Clocks) (err error) {
	if p.options.Plan != nil {
		return p.adhere(p.options.Plan, info, c.Kustomer)
	}
	p.remembers = fetch.KnownSince(info)
	until := c.Until(p.options.Settle)
	window := fetch.Span(info, until, p.options.Overlap)
	if p.options.backfilling() {
		window, err = p.resume(until)
	} else {
		p.closed, err = info.Checkpoint, p.notAhead(info, c.Kustomer)
	}
	if err == nil {
		err = reachable(window, c.Kustomer)
	}
	if err != nil {
		return err
	}
	p.result.Window = window
	p.collector.StartAt(window.From)
	if !p.options.backfilling() {
		return remembered(info.Checkpoint, info.Floor)
	}
	if window.Empty() {
		return nil
	}
	if err := remembered(window.From, info.Floor); err != nil {
		return err
	}
	if window.From.Before(info.Start) {
		p.notice("the back-fill reaches back before %s, where this ledger begins: whoever was asked then by other means, such as the "+
			"workflow in Kustomer, is asked again", info.Start.UTC().Format(decide.TimeLayout))
	}
	return nil
}

// resume gives what is left to read of a back-fill, which can end at the latest time or before. One whose end
// is "now" goes on to the present end each time.
func (p *pass) resume(latest time.Time) (fetch.Window, error) {
	asked := fetch.Window{From: ceil(p.options.Range.From), To: p.options.Range.To}
	whole := asked
	if asked.To.IsZero() {
		whole.To = latest
	} else {
		asked.To = ceil(asked.To)
		whole.To = asked.To
	}
	if whole.Empty() || whole.To.After(latest) {
		return fetch.Window{}, &RangeError{Range: asked, Latest: latest}
	}
	known, err := p.ledger.Backfill(asked.From, asked.To)
	if err != nil {
		return fetch.Window{}, fmt.Errorf("read how far the back-fill has come: %w", err)
	}
	if known.Begun.IsZero() || p.options.Restart {
		begun := time.Now()
		if soonest := known.Begun.Add(time.Millisecond); begun.Before(soonest) {
			begun = soonest // the ledger tells two beginnings apart by their times
		}
		known = store.Backfill{From: asked.From, To: asked.To, Position: asked.From, Begun: begun}
		p.opened = true
	}
	left := fetch.Window{From: known.Position, To: whole.To}
	if !left.Empty() {
		known.Finished = time.Time{}
	}
	p.result.Backfill = known
	return left, nil
}

// ceil rounds up to the milliseconds that Kustomer's times have: a bound selects the same conversations then.
func ceil(t time.Time) time.Time {
	if whole := t.Truncate(time.Millisecond); !whole.Equal(t) {
		return whole.Add(time.Millisecond)
	}
	return t
}

// open tells how much a back-fill has before it, and notes in the ledger that it begins, for the first time or again, so that
// a stop at any time finds it there.
func (p *pass) open(ctx context.Context) error {
	if err := p.preview(ctx); err != nil || !p.opened {
		return err
	}
	backfill := p.result.Backfill
	if err := p.ledger.Commit(store.Batch{Backfill: &backfill}); err != nil {
		return &store.WriteError{Err: fmt.Errorf("note that the back-fill begins: %w", err)}
	}
	return nil
}

// advance notes in a batch how far the pass has read when a folio is recorded: the checkpoint moves, or the position of a
// back-fill. That never passes a conversation which the back-fill has left for later.
func (p *pass) advance(batch *store.Batch, f *windowCommit) {
	if !p.options.backfilling() {
		if f.complete && f.To.After(p.result.Checkpoint) {
			batch.Checkpoint = f.To
		}
		return
	}
	to := f.To
	if !f.left.IsZero() {
		to = f.before(f.left)
	}
	if f.complete && !p.held && to.After(p.result.Backfill.Position) {
		moved := p.result.Backfill
		if moved.Position = to; !to.Before(p.result.To) {
			moved.Finished = time.Now()
		}
		batch.Backfill = &moved
	}
	p.held = p.held || !f.left.IsZero()
}

// position is up to where everything is read and recorded. Unlike Result.Position it does not touch what other goroutines write
// meanwhile; recording alone moves it.
func (p *pass) position() time.Time {
	if p.options.backfilling() {
		return p.result.Backfill.Position
	}
	return p.result.Checkpoint
}
