package sync

import (
	"context"
	"fmt"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// pruneEvery is how far the time up to which the ledger forgets must have moved on before it is asked to
// forget again: that costs a walk over all that is old enough, and is not to be had in every pass.
const pruneEvery = 24 * time.Hour

// prune is the stage that lets the ledger forget what it has kept for long enough, about once a day. It never
// comes near where the next pass begins to read. It is the last work of a pass that came to its end; when a
// signal stops it, nothing is left undone but to forget the rest, which a later pass does.
type prune struct {
	ledger   Pruner
	tally    *tally
	retain   time.Duration // 0 = for ever
	overlap  time.Duration
	now      func() time.Time // Kustomer's clock
	known    time.Time        // the ledger knows who was asked about what was marked done since then
	position func() time.Time // up to where everything is read and recorded

	mu        stdsync.Mutex
	protected time.Time // the earliest resolution among those that were met as already sent; zero for none
}

// protect keeps what was asked about a resolution from being forgotten by this pass: the conversation was
// marked done again lately, and the next pass, which reads that once more, must still know that it was asked
// about.
func (p *prune) protect(resolved time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !resolved.IsZero() && (p.protected.IsZero() || resolved.Before(p.protected)) {
		p.protected = resolved
	}
}

// Run forgets. Which records may go at all says store.Record.Expired.
func (p *prune) Run(ctx context.Context) error {
	if p.retain <= 0 {
		return nil
	}
	before := p.now().Add(-p.retain)
	// A search may tell the next pass of a resolution that the ledger has down as a little earlier than where
	// that begins.
	if next := p.position().Add(-p.overlap - decide.SameWithin); next.Before(before) {
		before = next
	}
	if !p.protected.IsZero() && p.protected.Before(before) {
		before = p.protected
	}
	if before.Before(p.known.Add(pruneEvery)) {
		return nil
	}
	n, err := p.ledger.Prune(ctx, before)
	p.tally.edit(func(r *Result) { r.Forgotten = n })
	if err != nil && ctx.Err() == nil {
		return &store.WriteError{Err: fmt.Errorf("forget what was marked done before %s: %w",
			before.UTC().Format(decide.TimeLayout), err)}
	}
	return nil
}

// FloorError tells that a window begins where the ledger has forgotten who was asked: whoever was marked done
// there might be asked again.
type FloorError struct{ Floor, From time.Time }

// Error says what happened and what to do.
func (e *FloorError) Error() string {
	return fmt.Sprintf("the window begins at %s, but the ledger has forgotten who was asked about what was "+
		"marked done before %s (ledger.retain): nothing was read or sent, since they would be asked again. "+
		"Begin at that time or later",
		e.From.UTC().Format(decide.TimeLayout), e.Floor.UTC().Format(decide.TimeLayout))
}

// ExitClass returns the code that the process ends with.
func (*FloorError) ExitClass() exit.Code { return exit.Usage }
