package sync

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	stdsync "sync"
	"time"

	"acsync/store"
)

// ErrAccounting tells of a defect: what a pass found is not the sum of its dispositions.
var ErrAccounting = errors.New("the pass does not add up: the conversations found are not the sum of their dispositions; " +
	"this is a defect of acsync, please report it")

// errHalt ends the reading of windows without being a failure: the Result tells which limit was reached.
var errHalt = errors.New("the pass stopped sending")

// pass is one run of the loop: what it knows and what it has done so far.
type pass struct {
	ledger    Ledger
	observer  Observer
	options   Options
	collector *collector
	deliverer *deliverer
	now       time.Time          // Kustomer's clock at the beginning
	taken     map[store.Key]bool // taken up from the ledger, so that a window that holds them too does not count them again

	mu      stdsync.Mutex // rows are told from several goroutines
	result  Result
	pending []store.Entry // dispositions that the next record writes
}

// begin asks the clock and the ledger, and opens the pass.
func (e *Engine) begin(ctx context.Context) (*pass, error) {
	fuse := &fuse{limits: e.Options.Limits}
	p := &pass{
		ledger: e.Ledger, observer: e.Observer, options: e.Options, taken: map[store.Key]bool{},
		deliverer: &deliverer{
			journal: e.Ledger, sender: e.Sender, fuse: fuse,
			concurrency: max(e.Options.Concurrency, 1), stamp: e.Options.Stamp,
		},
		collector: &collector{
			source: e.Source, memory: e.Ledger, policy: e.Options.Policy,
			agents: agentRoll(e.Directory), tags: tagRoll(e.Directory),
		},
	}
	started := time.Now().UTC()
	p.result = Result{
		Pass: passID(started), Mode: e.Options.Mode, DryRun: e.Options.DryRun, Started: started,
		Counts: map[store.State]int{}, Reasons: Reasons{},
	}
	info, err := e.Ledger.Info()
	if err != nil {
		return p, fmt.Errorf("read the ledger: %w", err)
	}
	p.result.Checkpoint = info.Checkpoint
	if p.now, err = e.Source.ServerTime(ctx); err != nil {
		return p, fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	p.collector.now = p.now
	p.result.Window = span(info.Start, info.Checkpoint, p.now, e.Options.Overlap, e.Options.Settle)
	return p, nil
}

// passID names a pass: when it began, and four random digits.
func passID(at time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, since Go 1.24)
	return at.Format("20060102T150405Z-") + hex.EncodeToString(random[:])
}

// halted tells why no further window is to be read: the sender's verdict, a signal, or a fuse. Nil: go on.
func (p *pass) halted(ctx context.Context, halt error) error {
	p.deliverer.fuse.tell(&p.result)
	switch {
	case errors.Is(halt, errRefused):
		p.result.Refused = true
		return halt
	case halt != nil:
		return halt
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.result.Fuse != "" || p.result.Enough || p.result.Down:
		return errHalt
	}
	return nil
}

// end closes the pass, whatever happened before, and keeps its summary.
func (p *pass) end(ctx context.Context, err error) (Result, error) {
	switch {
	case errors.Is(err, errHalt):
		err = nil
	case err != nil && ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	p.result.Ended = time.Now().UTC()
	if err == nil && !p.result.Accounted() {
		err = ErrAccounting
	}
	p.judge(err)
	if failed := p.ledger.Commit(store.Batch{Run: p.result.summary()}); failed != nil && err == nil {
		err = fmt.Errorf("record the summary of the pass: %w", failed)
		p.judge(err)
	}
	p.observe(PassEnded{p.result})
	return p.result, err
}

func (p *pass) judge(err error) {
	if p.options.Verdict != nil {
		p.result.Exit = p.options.Verdict(p.result, err)
	}
}

func (p *pass) observe(event Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observer.Observe(event)
}
