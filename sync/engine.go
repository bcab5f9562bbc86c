package sync

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/plan"
	"acsync/sync/verify"
)

// Ledger is what a pass needs of the ledger; each step declares the part that it uses.
type Ledger interface {
	fetch.Lookup      // before deciding
	deliver.IntentLog // around each POST
	verify.SettleLog  // of what is in doubt
	WindowStore       // at the beginning of a pass and the end of a window
	Pruner            // at the end of a pass
}

// WindowStore is the part of the ledger that a pass opens with, and writes windows into.
type WindowStore interface {
	Info() (store.Info, error)
	// Recover puts in doubt every intent that was left open.
	Recover(now time.Time) ([]store.Entry, error)
	// Waiting lists what is in one of the states, due or not, the earliest due first.
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	// Room tells whether there is space left to remember what is about to be sent.
	Room() error
	// Commit writes the dispositions of a window and the checkpoint, or the summary of a pass, in one transaction.
	Commit(batch store.Batch) error
	// Runs gives the summaries of past passes, the newest first; a limit of 0 is none.
	Runs(limit int) ([]store.Run, error)
	// Backfill tells how far a back-fill has come; zero for one that was never begun.
	Backfill(from, to time.Time) (store.Backfill, error)
}

// Options are the settings of an engine.
type Options struct {
	Mode           string         // what the pass is called in reports: "run"
	DryRun         bool           // for reports only: a dry run is made by DrySender and DryLedger
	SurveyPer      store.Identity // what there is one survey for; empty: the conversation
	AcceptIdentity bool           // the operator has confirmed that SurveyPer is another than the ledger was kept with
	Range          fetch.Window   // of a back-fill; a zero To means up to now. The zero Window: from the checkpoint to now
	Restart        bool           // a back-fill begins again, however far it has come
	Plan           *plan.Plan     // to be carried out in place of a range; see [plan.Read]. Nil: none
	Policy         decide.Policy
	Limits         deliver.Limits
	Unconfirmed    int                     // survey requests that the first pass of a ledger may create unconfirmed; 0 = any number
	Confirmed      int                     // how many of them the operator has confirmed
	Settle         time.Duration           // how long Kustomer's search needs to show a resolution
	Overlap        time.Duration           // how far before the checkpoint a pass begins
	Recheck        time.Duration           // what was read longer ago is read again just before it is sent; 0 = always
	Concurrency    int                     // survey requests in flight
	VerifyAfter    time.Duration           // how long Agent Connect's data have to show a request before its absence counts
	Retain         time.Duration           // how long the ledger remembers who was asked; 0 = for ever
	Stamp          bool                    // write the intent's id into each survey request
	Verdict        func(Result, error) int // the exit code, kept with the summary of the pass; nil: 0
}

// Engine reconciles: from Source, through decisions, to Sender, remembered by Ledger.
type Engine struct {
	Source    fetch.Source
	Directory fetch.Directory
	Sender    deliver.Sender
	Receiver  verify.Receiver      // nil without Agent Connect's secret: what is in doubt stays so
	Roster    decide.ProfileLister // nil: agents without an active profile are for Agent Connect to refuse
	Ledger    Ledger
	Observer  Observer
	Options   Options

	Now func() time.Time // this machine's clock, to be compared with Kustomer's; nil: time.Now

	reach fetch.PageLimits // of a search; zero: Kustomer's
}

// Run makes one pass, from the checkpoint to now or over a range of its own. The Result is worth reading also when there is an error: it tells
// what was done before.
func (e *Engine) Run(ctx context.Context) (Result, error) {
	ctx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	p, err := e.begin(ctx, halt)
	if err == nil && e.Options.Plan != nil {
		return p.end(ctx, p.apply(ctx)) // it names what is to be sent, which confirms it too
	}
	if err == nil {
		err = e.confirm(ctx, p) // that it may send so much, when it is the ledger's first
	}
	if err == nil {
		err = p.adoptIdentity() // as the operator has confirmed it
	}
	if err == nil {
		err = p.open(ctx) // a back-fill: how much there is, and that it begins
	}
	if err == nil {
		err = p.drainPending(ctx) // what earlier passes left: in doubt, scheduled, to be retried
	}
	if err == nil {
		err = p.sweep(ctx) // every window from the checkpoint, or a back-fill's position, to the end
	}
	if err == nil {
		err = p.prune(ctx) // what was kept for long enough
	}
	return p.end(ctx, err)
}

// sweep is the pipeline: windows are read, decided and handed over one after the other; each is delivered while the
// next is read, and recorded, in the same order, when all of it is delivered.
func (p *pass) sweep(ctx context.Context) error {
	batches, folios := make(chan fetch.Chunk), make(chan *windowCommit, 1)
	reading, stop := context.WithCancel(ctx)
	var failed error // of reading: what was read before is delivered and recorded all the same
	var steps errgroup.Group
	steps.Go(func() error {
		defer close(batches)
		failed = p.collector.Sweep(reading, p.result.Window, handOver(reading, batches))
		return nil
	})
	steps.Go(func() error {
		defer close(folios)
		defer stop()
		for batch := range batches {
			folio := p.folio(batch.Window, batch.Complete)
			err := p.deliver(ctx, batch, folio)
			folios <- folio
			if err != nil {
				return err
			}
		}
		return nil
	})
	steps.Go(func() error { return p.recordAll(folios) })
	if err := steps.Wait(); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return p.halted(ctx) // also what ended the last requests
}

// handOver passes batches on until the context ends.
func handOver(ctx context.Context, to chan<- fetch.Chunk) func(fetch.Chunk) bool {
	return func(b fetch.Chunk) bool {
		select {
		case to <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
}
