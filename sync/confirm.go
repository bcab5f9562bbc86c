package sync

import (
	"cmp"
	"context"
	"fmt"

	"acsync/store"
	"acsync/sync/deliver"
	"acsync/sync/dryrun"
)

// UnconfirmedError tells that a ledger which has never sent anything would send more than goes without saying.
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
	return fmt.Sprintf("this ledger has never sent anything, and its first pass would create %d survey requests%s: nothing was sent. "+
		"See with --dry-run who would be asked; then confirm with --confirm-first-run %d, or begin with --max", e.Planned, confirmed, e.Planned)
}

// untouched is a ledger that has never tried to send anything, for a rehearsal.
type untouched struct{ Ledger }

// OpenIntents are none in such a ledger.
func (untouched) OpenIntents() ([]store.Entry, error) { return nil, nil }

// confirm holds back the first pass of a ledger when it would send more than the operator knows of. What it may send is a
// limit from then on, should there be more when it comes to it.
func (e *Engine) confirm(ctx context.Context, p *pass) error {
	if e.Options.DryRun || e.Options.Unconfirmed == 0 {
		return nil
	}
	allowed := cmp.Or(e.Options.Confirmed, e.Options.Unconfirmed)
	if most := e.Options.Limits.AtMost(); !p.first || most > 0 && most <= allowed {
		return nil
	}
	few, err := p.fewEnough(ctx, allowed)
	if err == nil && !few {
		err = e.dryCount(ctx, allowed)
	}
	p.deliverer.LimitFirst(allowed)
	return err
}

// tried tells whether a ledger has ever tried to send anything, or was told by an import of what others have sent.
func tried(info store.Info) bool {
	return info.Intents > 0 || info.Counts[store.Accepted] > 0
}

// fewEnough tells whether so few conversations are to be looked at that no more than the allowed can be sent: one search tells, and
// spares most first passes the rehearsal.
func (p *pass) fewEnough(ctx context.Context, allowed int) (bool, error) {
	waiting, err := p.ledger.Waiting(allowed+1, store.Scheduled)
	if err != nil {
		return false, fmt.Errorf("list what is due: %w", err)
	}
	estimate, err := p.estimate(ctx)
	return !estimate.More && !estimate.Rough && estimate.Conversations+len(waiting) <= allowed, err
}

// dryCount makes the whole pass as a dry run, which alone can tell how many conversations are to be sent.
func (e *Engine) dryCount(ctx context.Context, allowed int) error {
	dry := *e
	dry.Sender, dry.Receiver, dry.Ledger, dry.Observer = dryrun.Sender{}, nil, &dryrun.Ledger{Below: untouched{e.Ledger}}, unheard{}
	dry.Options.DryRun, dry.Options.Limits, dry.Options.Verdict = true, deliver.Limits{ErrorRate: 1}, nil
	result, err := dry.Run(ctx)
	if err != nil {
		return fmt.Errorf("count what the first pass would send: %w", err)
	}
	if result.Planned > allowed {
		return &UnconfirmedError{Planned: result.Planned, Confirmed: e.Options.Confirmed}
	}
	return nil
}

// announce tells after a dry run that the first real pass will want to be confirmed.
func (p *pass) announce() {
	if allowed := p.options.Unconfirmed; p.first && p.options.DryRun && allowed > 0 && p.result.Planned > allowed {
		p.notice("the first real pass of a ledger that would create more than %d survey requests has to be confirmed, here with "+
			"--confirm-first-run %d", allowed, p.result.Planned)
	}
}

// unheard is the observer of a rehearsal.
type unheard struct{}

// Observe does nothing.
func (unheard) Observe(Event) {}
