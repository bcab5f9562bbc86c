package verify

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
	"acsync/sync/decide"
)

// Receiver tells what Agent Connect has taken, from its own data.
type Receiver interface {
	// Since gives the interactions that were created at since or later. It ends with an error unless it has given all.
	Since(ctx context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error]
	// Between gives, in the same way, those that were created from since to until.
	Between(ctx context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error]
}

// Lookup is what is asked of the ledger about what Agent Connect's data show.
type Lookup interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}

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
// a *store.WriteError nor store.ErrRolledBack the data could not be read to their end: then only what was found in
// them is settled.
func Verify(ctx context.Context, ledger Ledger, v Verification) ([]Settled, error) {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return nil, &store.WriteError{Err: fmt.Errorf("put the open intents in doubt: %w", err)}
	}
	info, err := ledger.Info()
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	doubtful, err := ledger.Waiting(0, store.InDoubt)
	if err != nil || len(doubtful) == 0 {
		return nil, err
	}
	verifier := Settler{Ledger: ledger, Verification: v}
	q := NewMatcher(info, doubtful, v.Stamped, v.After)
	unread := q.Read(ctx, ledger, v.Receiver)
	if errors.Is(unread, store.ErrRolledBack) {
		return nil, unread
	}
	entries, err := verifier.Settle(q, doubtful)
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
	ledger   Ledger
	doubtful []store.Entry
	inquiry  *Matcher
}

// NewArrivals finds out what is in doubt, open intents among it.
func NewArrivals(ledger Ledger) (*Arrivals, error) {
	if _, err := ledger.Recover(time.Now()); err != nil {
		return nil, &store.WriteError{Err: fmt.Errorf("put the open intents in doubt: %w", err)}
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
	a := &Arrivals{ledger, doubtful, NewMatcher(info, doubtful, false, 0)}
	return a, a.inquiry.noteSiblings(ledger)
}

// Note takes in an interaction.
func (a *Arrivals) Note(i agentconnect.Interaction) { a.inquiry.note(i) }

// Settle writes down what has arrived, and gives the number.
func (a *Arrivals) Settle() (int, error) {
	entries, err := Settler{Ledger: a.ledger}.Settle(a.inquiry, a.doubtful)
	arrived := 0
	for _, entry := range entries {
		if entry.State == store.Accepted {
			arrived++
		}
	}
	return arrived, err
}

// Settler settles what is in doubt from the receiver's data.
type Settler struct {
	Ledger SettleLog
	Verification
}

// Settle gives the entries as they are then, in their order. What the data do not tell stays as it is.
func (v Settler) Settle(q *Matcher, doubtful []store.Entry) ([]store.Entry, error) {
	entries := slices.Clone(doubtful)
	now := time.Now()
	for i, entry := range doubtful {
		result, told := q.Decide(entry, v.After, now)
		if !told {
			continue
		}
		if err := v.Ledger.Settle(entry.Key, entry.Intent, result); err != nil {
			return entries, &store.WriteError{Err: fmt.Errorf("settle what is in doubt: %w", err)}
		}
		entries[i] = decide.After(entry, result)
	}
	return entries, nil
}
