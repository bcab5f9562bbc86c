package sync

import (
	"context"
	"time"

	"acsync/sync/decide"
)

// pruneEvery is how far the ledger's floor must move to be worth a walk over all that is old enough.
const pruneEvery = 24 * time.Hour

// prune is the stage that lets the ledger forget what it has kept for long enough, about once a day, and
// never near where the next pass reads. What a signal leaves of it a later pass forgets.
type prune struct {
	*work
	retain  time.Duration // 0 = for ever
	overlap time.Duration
	known   time.Time // the ledger knows who was asked about what was marked done since then
}

// run forgets; which records may go says store.Record.Expired.
func (p prune) run(ctx context.Context) error {
	if p.retain <= 0 {
		return nil
	}
	before := p.fetcher.Started().Add(-p.retain)
	// A search may tell the next pass of a resolution that the ledger has as a little earlier.
	before = earlier(before, p.cursor.position().Add(-p.overlap-decide.SameWithin))
	before = earlier(p.protected, before)
	if before.Before(p.known.Add(pruneEvery)) {
		return nil
	}
	n, err := p.ledger.Prune(ctx, before)
	p.tally.edit(func(r *Result) { r.Forgotten = n })
	if err != nil && ctx.Err() == nil {
		return unwritten("forget what was marked done before %s: %w", decide.Format(before), err)
	}
	return nil
}
