package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
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

// Recall is what is asked of the ledger about what Agent Connect's data show.
type Recall interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}

// Settlement is the part of the ledger that ends doubts. The call is durable when it returns.
type Settlement interface {
	Settle(key store.Key, intent uint64, result store.Result) error
}

// Docket is what settling doubts outside a pass needs of the ledger.
type Docket interface {
	Recall
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
	Standing    Standing    // why it stays in doubt, after Agent Connect's data were to be asked; empty otherwise
	Until       time.Time   // TooEarly: before then they need not show it
}

// Verification is how Agent Connect's data are asked.
type Verification struct {
	Receiver Receiver
	After    time.Duration // how long its data have to show a request, at least
	Stamped  bool          // requests bear the ids of their intents
}

// Verify settles all that is in doubt from Agent Connect's data, as each pass does with what is due for it.
// It gives every key that was in doubt, those that stay so among them, and why. With an error that is neither
// a *LedgerError nor store.ErrRolledBack the data could not be read to their end: then only what was found in
// them is settled.
func Verify(ctx context.Context, ledger Docket, v Verification) ([]Settled, error) {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return nil, &LedgerError{err: fmt.Errorf("put the open intents in doubt: %w", err)}
	}
	info, err := ledger.Info()
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	doubtful, err := ledger.Waiting(0, store.InDoubt)
	if err != nil || len(doubtful) == 0 {
		return nil, err
	}
	verifier := verifier{ledger: ledger, Verification: v}
	q := newInquiry(info, doubtful, v.Stamped, v.After)
	unread := q.ask(ctx, ledger, v.Receiver)
	if errors.Is(unread, store.ErrRolledBack) {
		return nil, unread
	}
	entries, err := verifier.settle(q, doubtful)
	settled := make([]Settled, len(entries))
	now := time.Now()
	for i, entry := range entries {
		settled[i] = Settled{Entry: entry, Before: store.InDoubt}
		if entry.State == store.InDoubt {
			settled[i].Standing, settled[i].Until = q.standing(entry, v.After, now), entry.At.Add(v.After)
		}
	}
	return settled, cmp.Or(err, unread)
}

// Arrivals settles, of what is in doubt, that which Agent Connect's data prove to have arrived, and nothing
// else: for a ledger that is being rebuilt, of which nobody knows what it has lost.
type Arrivals struct {
	ledger   Docket
	doubtful []store.Entry
	inquiry  *inquiry
}

// NewArrivals finds out what is in doubt, open intents among it.
func NewArrivals(ledger Docket) (*Arrivals, error) {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return nil, &LedgerError{err: fmt.Errorf("put the open intents in doubt: %w", err)}
	}
	info, err := ledger.Info()
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	doubtful, err := ledger.Waiting(0, store.InDoubt)
	if err != nil {
		return nil, fmt.Errorf("list what is in doubt: %w", err)
	}
	info.Intents = 0 // nothing is to be taken for missing
	a := &Arrivals{ledger, doubtful, newInquiry(info, doubtful, false, 0)}
	return a, a.inquiry.acquaint(ledger)
}

// Note takes in an interaction.
func (a *Arrivals) Note(i agentconnect.Interaction) { a.inquiry.note(i) }

// Settle writes down what has arrived, and gives the number.
func (a *Arrivals) Settle() (int, error) {
	entries, err := verifier{ledger: a.ledger}.settle(a.inquiry, a.doubtful)
	arrived := 0
	for _, entry := range entries {
		if entry.State == store.Accepted {
			arrived++
		}
	}
	return arrived, err
}

// verifier settles what is in doubt from the receiver's data.
type verifier struct {
	ledger Settlement
	Verification
}

// settle gives the entries as they are then, in their order. What the data do not tell stays as it is.
func (v verifier) settle(q *inquiry, doubtful []store.Entry) ([]store.Entry, error) {
	entries := slices.Clone(doubtful)
	now := time.Now()
	for i, entry := range doubtful {
		result, told := q.verdict(entry, v.After, now)
		if !told {
			continue
		}
		if err := v.ledger.Settle(entry.Key, entry.Intent, result); err != nil {
			return entries, &LedgerError{err: fmt.Errorf("settle what is in doubt: %w", err)}
		}
		entries[i] = after(entry, result)
	}
	return entries, nil
}

// after is an entry as the ledger has it after a result.
func after(e store.Entry, r store.Result) store.Entry {
	e.State, e.Reason, e.Status, e.At, e.Due = r.State, r.Reason, r.Status, r.At, r.Due
	return e
}

// consult asks Agent Connect's own data, before anything is decided or sent: whether the ledger is the
// newest, and what became of what is in doubt and due to be asked about. A ledger that cannot be held against
// the data sends nothing: it may have been put back from a copy.
func (p *pass) consult(ctx context.Context, info store.Info) error {
	if _, err := p.ledger.Recover(time.Now()); err != nil {
		return fmt.Errorf("put the open intents in doubt: %w", err)
	}
	var err error
	if p.doubtful, err = p.ledger.Waiting(mostDue, store.InDoubt); err != nil {
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
	q := newInquiry(info, due, p.verifier.Stamped, p.verifier.After)
	err = q.ask(ctx, p.ledger, p.verifier.Receiver)
	switch {
	case errors.Is(err, store.ErrRolledBack), err != nil && ctx.Err() != nil:
		return err
	case err != nil && q.witnessing():
		return &WitnessError{err: err}
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
		if p.inquiry != nil && p.inquiry.about(entry) {
			asked = append(asked, entry)
		} else {
			kept = append(kept, entry)
		}
	}
	p.leave(kept)
	if len(asked) == 0 {
		return nil, nil
	}
	settled, err := p.verifier.settle(p.inquiry, asked)
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
