package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// Receiver tells what Agent Connect has taken, from its own data.
type Receiver interface {
	// Since gives the interactions that were created at since or later. It ends with an error unless it has given all.
	Since(ctx context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error]
	// Between gives, in the same way, those that were created from since to until.
	Between(ctx context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error]
}

// Settlement is the part of the ledger that ends doubts. The call is durable when it returns.
type Settlement interface {
	Settle(key store.Key, intent uint64, result store.Result) error
}

// Docket is what settling doubts outside a pass needs of the ledger.
type Docket interface {
	Memory
	Settlement
	Info() (store.Info, error)
	Recover(now time.Time) ([]store.Entry, error)
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	Commit(batch store.Batch) error
}

// Settled is what became of a key.
type Settled struct {
	store.Entry             // as it is now
	Before      store.State // as it was
	Refusal     string      // why the operator's decision was not carried out; empty when it was
}

// Verify settles all that is in doubt from Agent Connect's data, as each pass does with what is due for it. It gives
// every key that was in doubt, those that stay so among them. With an error that is not a *LedgerError the data could
// not be read to their end: then only what was found in them is settled.
func Verify(ctx context.Context, ledger Docket, receiver Receiver, verifyAfter time.Duration) ([]Settled, error) {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return nil, &LedgerError{fmt.Errorf("put the open intents in doubt: %w", err)}
	}
	info, err := ledger.Info()
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	doubtful, err := ledger.Waiting(0, store.InDoubt)
	if err != nil || len(doubtful) == 0 {
		return nil, err
	}
	v := verifier{ledger: ledger, memory: ledger, receiver: receiver, id: info.ID, wait: verifyAfter}
	entries, err := v.settle(ctx, doubtful)
	settled := make([]Settled, len(entries))
	for i, entry := range entries {
		settled[i] = Settled{Entry: entry, Before: store.InDoubt}
	}
	return settled, err
}

// verifier settles what is in doubt from the receiver's data.
type verifier struct {
	ledger   Settlement
	memory   Memory
	receiver Receiver      // nil: nothing can be settled
	id       string        // of the ledger
	wait     time.Duration // how long Agent Connect's data have to show a request, at least
}

// settle gives the entries as they are then, in their order. What it cannot tell stays as it is.
func (v verifier) settle(ctx context.Context, doubtful []store.Entry) ([]store.Entry, error) {
	q := newInquiry(v.id, doubtful)
	unread := q.follows.trace(ctx, v.memory, v.receiver)
	if unread == nil {
		unread = q.ask(ctx, v.receiver)
	}
	entries := make([]store.Entry, len(doubtful))
	copy(entries, doubtful)
	now := time.Now()
	for i, entry := range doubtful {
		result, told := q.verdict(entry, v.wait, now)
		if !told {
			continue
		}
		if err := v.ledger.Settle(entry.Key, entry.Intent, result); err != nil {
			return entries, &LedgerError{fmt.Errorf("settle what is in doubt: %w", err)}
		}
		entries[i] = after(entry, result)
	}
	return entries, unread
}

// after is an entry as the ledger has it after a result.
func after(e store.Entry, r store.Result) store.Entry {
	e.State, e.Reason, e.Status, e.At, e.Due = r.State, r.Reason, r.Status, r.At, r.Due
	return e
}

// settle settles what can be settled of what is in doubt, tells what became of it, and returns what is to be sent again.
// When the data cannot be read, the doubts stay and the pass goes on: it sends nothing that is in doubt.
func (p *pass) settle(ctx context.Context, doubtful []store.Entry) (again []store.Entry, err error) {
	now := time.Now()
	var asked, kept []store.Entry
	for _, entry := range doubtful {
		if p.verifier.receiver != nil && !entry.Due.After(now) {
			asked = append(asked, entry)
		} else {
			kept = append(kept, entry)
		}
	}
	p.leave(kept)
	if len(asked) == 0 {
		return nil, nil
	}
	settled, err := p.verifier.settle(ctx, asked)
	for _, entry := range settled {
		p.countSettled(entry.State)
		if entry.State == store.Retry {
			again = append(again, entry)
		} else {
			p.leave([]store.Entry{entry})
		}
	}
	if _, broken := errors.AsType[*LedgerError](err); err == nil || broken || ctx.Err() != nil {
		return again, err
	}
	p.notice("what is in doubt could not be looked up and stays so: %v", err)
	return again, nil
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
