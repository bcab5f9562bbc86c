package sync

import (
	"context"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
	"acsync/sync/verify"
)

// Engine reconciles: from Source, through decisions, to Sender, remembered by Ledger.
type Engine struct {
	Source    fetch.Source
	Directory fetch.Directory
	Sender    deliver.Sender
	Receiver  verify.Receiver      // nil without Agent Connect's secret: what is in doubt stays so
	Profiles  decide.ProfileLister // nil: agents without an active profile are for Agent Connect to refuse
	Ledger    Ledger
	Backups   Backups // nil: none are made
	Turns     Turns   // the same ledger, which others may have in between; nil: they may not
	Observer  Observer
	Options   Options

	Now func() time.Time // this machine's clock, to be compared with Kustomer's; nil: time.Now

	Reach fetch.PageLimits // of a search; zero: Kustomer's
}

// Run makes one pass. The Result is worth reading also when there is an error: it tells what was done before.
func (e *Engine) Run(ctx context.Context) (Result, error) {
	ctx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	p := newPass(e, halt)
	if err := p.open(ctx); err != nil {
		return p.end(ctx, err)
	}
	for _, stage := range p.stages(ctx) {
		if err := stage(ctx); err != nil {
			return p.end(ctx, err)
		}
	}
	return p.end(ctx, nil)
}

// dryCount makes the whole pass as a dry run, to count what it would send.
func (e *Engine) dryCount(ctx context.Context) (int, error) {
	dry := *e
	dry.Sender, dry.Receiver, dry.Observer, dry.Turns = dryrun.Sender{}, nil, unheard{}, nil
	dry.Ledger, dry.Backups = &dryrun.Ledger{ReadLedger: untouched{e.Ledger}}, nil
	dry.Options.DryRun, dry.Options.Limits, dry.Options.ExitCode = true, deliver.Limits{ErrorRate: 1}, nil
	dry.Options.Estimate = false
	result, err := dry.Run(ctx)
	return result.Planned, err
}

// untouched is a ledger that has never tried to send anything, for a dry count.
type untouched struct{ Ledger }

// OpenIntents are none in such a ledger.
func (untouched) OpenIntents() ([]store.Entry, error) { return nil, nil }

// unheard is the observer of a dry count.
type unheard struct{}

// Observe does nothing.
func (unheard) Observe(Event) {}
