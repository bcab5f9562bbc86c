package sync

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/exit"
	"acsync/sync/fetch"
)

// countHolds is how long what a refused first pass has counted need not be counted again.
const countHolds = 24 * time.Hour

// firstRun holds back the first pass of a ledger when it would send more than the operator knows of, and
// limits what it sends to that.
type firstRun struct {
	*work
	options   Options
	before    store.Run // the pass before it
	estimated func() (fetch.Estimate, error)
	dryCount  func(context.Context) (int, error)
}

func (f firstRun) run(ctx context.Context) error {
	allowed := cmp.Or(f.options.Confirmed, f.options.Unconfirmed)
	if most := f.options.Limits.AtMost(); f.options.Unconfirmed == 0 || most > 0 && most <= allowed {
		return nil
	}
	f.deliverer.LimitFirst(allowed)
	// Whoever has confirmed the number that it was refused for need not wait until that was counted once more.
	if f.countedBefore() {
		return nil
	}
	few, err := f.fewEnough(ctx, allowed)
	if err != nil || few {
		return err
	}
	would, err := f.dryCount(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("count what the first pass would send: %w", err)
	case would > allowed:
		return &UnconfirmedError{Planned: would, Confirmed: f.options.Confirmed}
	}
	return nil
}

// countedBefore reports whether the pass before was refused for no more survey requests than are confirmed
// now. What was marked done since then is within the limit as well, or left for later.
func (f firstRun) countedBefore() bool {
	run, w := f.before, f.cursor.span()
	return run.Unconfirmed > 0 && run.Unconfirmed <= f.options.Confirmed && run.Mode == f.options.Mode &&
		run.From.Equal(w.From) && time.Since(run.Ended) < countHolds &&
		(run.To.Equal(w.To) || f.options.Range.From.IsZero())
}

// fewEnough reports whether some searches show already that too few are to be looked at to exceed the limit:
// then the pass reads everything once, and not to count it before.
func (f firstRun) fewEnough(ctx context.Context, allowed int) (bool, error) {
	waiting, err := f.ledger.Waiting(allowed+1, store.Scheduled)
	if err != nil {
		return false, fmt.Errorf("list what is due: %w", err)
	}
	estimated, err := f.estimated()
	if err == nil && (estimated.More || estimated.Rough) {
		return f.fetcher.Within(ctx, f.cursor.span(), allowed-len(waiting))
	}
	return estimated.Conversations+len(waiting) <= allowed, err
}

// neverSent reports whether a ledger never tried to send, nor was told by an import of what others have sent.
func neverSent(info store.Info) bool {
	return info.Intents == 0 && info.Counts[store.Accepted] == 0
}

// UnconfirmedError is a first pass of a ledger that would send more than goes without saying.
type UnconfirmedError struct {
	Planned   int // survey requests that the pass would create
	Confirmed int // how many were confirmed; 0 for none
}

// Error says what happened and what to do.
func (e *UnconfirmedError) Error() string {
	confirmed := ""
	if e.Confirmed > 0 {
		confirmed = fmt.Sprintf(", more than the %d that were confirmed", e.Confirmed)
	}
	return exit.Told(fmt.Sprintf("this ledger has never sent anything, and its first pass would create %d "+
		"survey requests%s: nothing was sent", e.Planned, confirmed), e.Todo())
}

// Todo is what to do.
func (e *UnconfirmedError) Todo() string {
	return fmt.Sprintf("see with --dry-run who would be asked; then confirm with --confirm-first-run %d, or "+
		"begin with --max", e.Planned)
}

// Topic is the one of the manual that tells more.
func (*UnconfirmedError) Topic() string { return "backfill" }

// ExitClass returns the code that the process ends with.
func (*UnconfirmedError) ExitClass() exit.Code { return exit.Usage }
