package sync

import (
	"context"
	"time"

	"acsync/sync/decide"
)

// pruneEvery is how far the time up to which the ledger forgets must have moved on before it is asked to
// forget again: that costs a walk over all that is old enough, and is not to be had in every pass.
const pruneEvery = 24 * time.Hour

// prune is the stage that lets the ledger forget what it has kept for long enough, about once a day. It never
// comes near where the next pass begins to read. It is the last work of a pass that came to its end; when a
// signal stops it, nothing is left undone but to forget the rest, which a later pass does.
type prune struct {
	*work
	retain  time.Duration // 0 = for ever
	overlap time.Duration
	known   time.Time // the ledger knows who was asked about what was marked done since then
}

// run forgets. Which records may go at all says store.Record.Expired.
func (p prune) run(ctx context.Context) error {
	if p.retain <= 0 {
		return nil
	}
	before := p.fetcher.Started().Add(-p.retain)
	// A search may tell the next pass of a resolution that the ledger has down as a little earlier than where
	// that begins.
	if next := p.cursor.position().Add(-p.overlap - decide.SameWithin); next.Before(before) {
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
		return unwritten("forget what was marked done before %s: %w", before.UTC().Format(decide.TimeLayout), err)
	}
	return nil
}
