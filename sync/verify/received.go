package verify

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Reopener is a ledger in which what is over can be changed.
type Reopener interface {
	// Reopen is durable when it returns: all of the entries, or none.
	Reopen(entries []store.Entry, result store.Result) error
}

// Received gathers what is over in the ledger although Agent Connect's data show a request about it.
type Received struct{ own, foreign []store.Entry }

// Add takes in an entry as the ledger has it. Own tells that a request bears a stamp of this very ledger.
func (r *Received) Add(e store.Entry, own bool) {
	if own {
		r.own = append(r.own, e)
	} else {
		r.foreign = append(r.foreign, e)
	}
}

// Accept marks all of it as accepted, and gives the number: also with an error, since that of this ledger's
// own is written first.
func (r *Received) Accept(ledger Reopener, now time.Time) (accepted int, err error) {
	if err := ledger.Reopen(r.own, received(now, true)); err != nil {
		return 0, err
	}
	if err := ledger.Reopen(r.foreign, received(now, false)); err != nil {
		return len(r.own), err
	}
	return len(r.own) + len(r.foreign), nil
}

// received is the result of what Agent Connect's data show.
func received(now time.Time, own bool) store.Result {
	return store.Result{State: store.Accepted, Reason: string(decide.Verified), At: now, Foreign: !own}
}
