package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/verify"
)

// consult asks Agent Connect's own data, before anything is decided or sent: whether the ledger is the
// newest, and what became of what is in doubt and due to be asked about. A ledger that cannot be held against
// the data sends nothing: it may have been put back from a copy.
func (p *pass) consult(ctx context.Context, info store.Info) error {
	if _, err := p.ledger.Recover(time.Now()); err != nil {
		return fmt.Errorf("put the open intents in doubt: %w", err)
	}
	var err error
	if p.doubtful, err = p.ledger.Waiting(maxPending, store.InDoubt); err != nil {
		return fmt.Errorf("list what is in doubt: %w", err)
	}
	began := time.Now()
	if p.verifier.Receiver == nil {
		p.witnessed = began
		return nil
	}
	var due []store.Entry
	for _, entry := range p.doubtful {
		if !entry.Due.After(began) {
			due = append(due, entry)
		}
	}
	q := verify.NewMatcher(info, due, p.verifier.Stamped, p.verifier.After)
	err = q.Read(ctx, p.ledger, p.verifier.Receiver)
	switch {
	case errors.Is(err, store.ErrRolledBack), err != nil && ctx.Err() != nil:
		return err
	case err != nil && q.ChecksLedger():
		return &verify.WitnessError{Err: err}
	case err != nil:
		p.notice("what is in doubt could not be looked up and stays so: %v", err)
	}
	p.inquiry, p.witnessed = q, began
	return nil
}

// settle settles what can be settled of what is in doubt, tells what became of it, and returns what is to be sent again.
func (p *pass) settle(doubtful []store.Entry) (again []store.Entry, err error) {
	var asked, kept []store.Entry
	for _, entry := range doubtful {
		if p.inquiry != nil && p.inquiry.About(entry) {
			asked = append(asked, entry)
		} else {
			kept = append(kept, entry)
		}
	}
	p.leave(kept)
	if len(asked) == 0 {
		return nil, nil
	}
	settled, err := p.verifier.Settle(p.inquiry, asked)
	for _, entry := range settled {
		p.countSettled(entry.State)
		if entry.State == store.Retry {
			again = append(again, entry)
		} else {
			p.leave([]store.Entry{entry})
		}
	}
	return again, err
}

func (p *pass) countSettled(state store.State) {
	if state == store.InDoubt {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.result.Settled == nil {
		p.result.Settled = map[store.State]int{}
	}
	p.result.Settled[state]++
}
