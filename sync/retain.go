package sync

import (
	"context"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// pruneEvery is how far the time up to which the ledger forgets must have moved on before it is asked to forget again:
// that costs a walk over all that is old enough, and is not to be had in every pass.
const pruneEvery = 24 * time.Hour

// Pruner is the part of the ledger that forgets.
type Pruner interface {
	// Prune forgets what is settled and was marked done before a time, raises the ledger's floor to it, and gives the
	// number of the forgotten keys. It stops between two transactions when the context ends.
	Prune(ctx context.Context, before time.Time) (int, error)
}

// FloorError tells that a window begins where the ledger has forgotten who was asked: whoever was marked done there might
// be asked again.
type FloorError struct{ Floor, From time.Time }

// Error says what happened and what to do.
func (e *FloorError) Error() string {
	return fmt.Sprintf("the window begins at %s, but the ledger has forgotten who was asked about what was marked done before %s "+
		"(ledger.retain): nothing was read or sent, since they would be asked again. Begin at that time or later",
		e.From.UTC().Format(decide.TimeLayout), e.Floor.UTC().Format(decide.TimeLayout))
}

// remembered refuses to read from a time that lies below the floor of the ledger, which is zero while it has forgotten
// nothing. A pass from the checkpoint is never refused unless the ledger was changed by something else: Prune keeps away
// from the checkpoint.
func remembered(from, floor time.Time) error {
	if from.Before(floor) {
		return &FloorError{Floor: floor, From: from}
	}
	return nil
}

// protect keeps what was asked about a resolution from being forgotten by this pass: the conversation was marked done again
// lately, and the next pass, which reads that once more, must still know that it was asked about.
func (p *pass) protect(resolution time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !resolution.IsZero() && (p.needed.IsZero() || resolution.Before(p.needed)) {
		p.needed = resolution
	}
}

// prune lets the ledger forget what it has kept for long enough, about once a day. It never comes near where the next
// pass begins to read. It is the last work of a pass that came to its end; when a signal stops it, nothing is left
// undone but to forget the rest, which a later pass does.
func (p *pass) prune(ctx context.Context) error {
	if p.options.Retain <= 0 || p.options.backfilling() {
		return nil
	}
	before := p.collector.Started().Add(-p.options.Retain)
	// A search may tell the next pass of a resolution that the ledger has down as a little earlier than where
	// that begins.
	if next := p.result.Checkpoint.Add(-p.options.Overlap - decide.SameWithin); next.Before(before) {
		before = next
	}
	if !p.needed.IsZero() && p.needed.Before(before) {
		before = p.needed
	}
	if before.Before(p.remembers.Add(pruneEvery)) {
		return nil
	}
	n, err := p.ledger.Prune(ctx, before)
	p.result.Forgotten = n
	if err != nil && ctx.Err() == nil {
		return &store.WriteError{Err: fmt.Errorf("forget what was marked done before %s: %w", before.UTC().Format(decide.TimeLayout), err)}
	}
	return nil
}
