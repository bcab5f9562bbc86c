package sync

import (
	"context"
	"time"

	"acsync/sync/fetch"
)

// rereadEvery is how often a pass reads far back again, and rereadSoon how soon where that failed, or a
// conversation could not be read at all: it may be by then.
const (
	rereadEvery = 24 * time.Hour
	rereadSoon  = time.Hour
)

// reread is the stage that once a day reads far back, for what Kustomer's search showed later than the
// overlap: no pass would ever come to that. What the ledger knows is left alone.
type reread struct {
	windows
	back  time.Duration // how far; 0 = never
	last  time.Time     // when a pass last did
	known time.Time     // the ledger knows who was asked about what was marked done since then
}

// rereadAt is when a pass last read far back again, as the next one is to believe.
func rereadAt(r Result, before, now time.Time) time.Time {
	last := before
	if !r.Reread.IsZero() {
		last = r.Reread
	}
	if soon := now.Add(rereadSoon - rereadEvery); r.Unread > 0 && soon.Before(last) {
		return soon
	}
	return last
}

func (r reread) run(ctx context.Context) error {
	now := r.fetcher.Started()
	if r.back <= 0 || now.Sub(r.last) < rereadEvery {
		return nil
	}
	end := r.span.From
	r.span = fetch.Window{From: end.Add(-r.back), To: end}
	if r.span.From.Before(r.known) {
		r.span.From = r.known.Truncate(time.Millisecond)
	}
	r.sweep = r.fetcher.Missed
	err := r.windows.run(ctx)
	switch {
	case err == nil:
		r.tally.edit(func(result *Result) { result.Reread = now })
	// It cannot be read: not every pass is to fail by that.
	case r.halted(ctx) == nil:
		r.tally.edit(func(result *Result) { result.Reread = now.Add(rereadSoon - rereadEvery) })
	}
	return err
}
