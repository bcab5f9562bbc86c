package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// SettleLog is the part of the ledger that ends doubts. The call is durable when it returns.
type SettleLog interface {
	Settle(key store.Key, intent uint64, result store.Result) error
}

// Ledger is what settling doubts outside a pass needs of the ledger.
type Ledger interface {
	Lookup
	SettleLog
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
	// why it stays in doubt although Agent Connect's data were to be asked; else empty
	Standing Standing
	Until    time.Time // TooEarly and TakenOver: before this time their silence proves nothing
}

// Verification is how Agent Connect's data are asked.
type Verification struct {
	Receiver Receiver
	After    time.Duration // how long its data have to show a request, at least
	Stamped  bool          // requests have the ids of their intents
}

// Verify settles all doubts from Agent Connect's data, as each pass does with those that are due, and gives
// every one, with why it stays so. With an error that is neither a *store.WriteError nor store.ErrRolledBack
// the data were not read to their end: only what was found in them is settled.
func Verify(ctx context.Context, ledger Ledger, v Verification) ([]Settled, error) {
	info, doubtful, err := doubts(ledger)
	if err != nil || len(doubtful) == 0 {
		return nil, err
	}
	m := NewMatcher(info, doubtful, v)
	unread := m.Read(ctx, ledger)
	if errors.Is(unread, store.ErrRolledBack) {
		return nil, unread
	}
	entries, err := m.Settle(ledger, doubtful)
	settled := make([]Settled, len(entries))
	now := time.Now()
	for i, entry := range entries {
		settled[i] = Settled{Entry: entry, Before: store.InDoubt}
		if entry.State == store.InDoubt {
			settled[i].Standing, settled[i].Until = m.standing(entry, now), m.until(entry)
		}
	}
	return settled, cmp.Or(err, unread)
}

// doubts lists what is in doubt, open intents among it.
func doubts(ledger Ledger) (info store.Info, doubtful []store.Entry, err error) {
	if err := recoverOpen(ledger); err != nil {
		return info, nil, err
	}
	if info, err = ledger.Info(); err != nil {
		return info, nil, fmt.Errorf("read the ledger: %w", err)
	}
	if doubtful, err = ledger.Waiting(0, store.InDoubt); err != nil {
		return info, nil, fmt.Errorf("list what is in doubt: %w", err)
	}
	return info, doubtful, nil
}

func recoverOpen(ledger Ledger) error {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return &store.WriteError{Err: fmt.Errorf("put the open intents in doubt: %w", err)}
	}
	return nil
}

// Arrivals settles what the data prove to have arrived, and nothing else: for a ledger that is being rebuilt,
// of which nobody knows what it has lost.
type Arrivals struct {
	ledger   Ledger
	doubtful []store.Entry
	matcher  *Matcher
}

// NewArrivals finds out what is in doubt, open intents among it.
func NewArrivals(ledger Ledger) (*Arrivals, error) {
	info, doubtful, err := doubts(ledger)
	if err != nil {
		return nil, err
	}
	// So that nothing is taken for missing.
	info.Intents = 0
	a := &Arrivals{ledger, doubtful, NewMatcher(info, doubtful, Verification{})}
	return a, a.matcher.noteSiblings(ledger)
}

// Note takes in an interaction.
func (a *Arrivals) Note(i agentconnect.Interaction) { a.matcher.note(i) }

// Settle writes down what has arrived, and gives the number.
func (a *Arrivals) Settle() (int, error) {
	entries, err := a.matcher.Settle(a.ledger, a.doubtful)
	arrived := 0
	for _, entry := range entries {
		if entry.State == store.Accepted {
			arrived++
		}
	}
	return arrived, err
}
