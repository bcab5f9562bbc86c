package sync

import (
	"context"
	"time"

	"acsync/store"
)

// Ledger is what a pass needs of the ledger; each step declares the part that it uses.
type Ledger interface {
	Memory  // before deciding
	Journal // around each POST
	Book    // at the beginning and the end of a window
}

// Book is the part of the ledger that a pass opens with, and writes windows into.
type Book interface {
	Info() (store.Info, error)
	// Recover puts in doubt every intent that was left open.
	Recover(now time.Time) ([]store.Entry, error)
	// Due lists what is scheduled or to be retried by now, earliest first.
	Due(now time.Time, limit int) ([]store.Entry, error)
	// Waiting lists what is in one of the states, due or not.
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	// Commit writes the dispositions of a window and the checkpoint, or the summary of a pass, in one transaction.
	Commit(batch store.Batch) error
}

// Options are the settings of an engine.
type Options struct {
	Mode        string // what the pass is called in reports: "run"
	DryRun      bool   // for reports only: a dry run is made by DrySender and DryLedger
	Policy      Policy
	Limits      Limits
	Settle      time.Duration           // how long Kustomer's search needs to show a resolution
	Overlap     time.Duration           // how far before the checkpoint a pass begins
	Concurrency int                     // survey requests in flight
	Stamp       bool                    // write the intent's id into each survey request
	Verdict     func(Result, error) int // the exit code, kept with the summary of the pass; nil: 0
}

// Engine reconciles: from Source, through decisions, to Sender, remembered by Ledger.
type Engine struct {
	Source    Source
	Directory Directory
	Sender    Sender
	Ledger    Ledger
	Observer  Observer
	Options   Options
}

// Run makes one pass, from the checkpoint to now. The Result is worth reading also when there is an error: it tells
// what was done before.
func (e *Engine) Run(ctx context.Context) (Result, error) {
	p, err := e.begin(ctx)
	if err == nil {
		err = p.takeUp(ctx) // what earlier passes left: in doubt, scheduled, to be retried
	}
	if err == nil {
		err = p.sweep(ctx) // every window from the checkpoint to now
	}
	return p.end(ctx, err)
}

// sweep reads the windows one after the other, and delivers and records each while the next is read.
func (p *pass) sweep(ctx context.Context) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	batches, failed := make(chan Batch), make(chan error, 1)
	go func() {
		defer close(batches)
		failed <- p.collector.read(reading, newTiler(p.result.Window), func(b Batch) bool {
			select {
			case batches <- b:
				return true
			case <-reading.Done():
				return false
			}
		})
	}()
	for batch := range batches {
		if err := p.settle(ctx, batch); err != nil {
			stop()
			<-failed
			return err
		}
	}
	return <-failed
}

// settle delivers a window, records it, and moves the checkpoint in the same transaction.
func (p *pass) settle(ctx context.Context, batch Batch) error {
	send := p.dispose(batch.Cases)
	p.observe(WindowRead{Window: batch.Window, Found: len(batch.Cases), Send: len(send)})
	halt := p.deliverer.deliver(ctx, send, p.delivered)
	if err := p.record(batch.To); err != nil {
		return err
	}
	p.observe(WindowRecorded{Window: batch.Window, Checkpoint: p.result.Checkpoint})
	return p.halted(ctx, halt)
}
