package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// RetryLedger is what taking up again what was refused needs of the ledger.
type RetryLedger interface {
	Lookup
	Info() (store.Info, error)
	Each(fn func(store.Entry) error) error
	Reopener
}

// Refusals say which conversations are to be asked about again, by why they were not, or by their ids.
type Refusals struct {
	Reasons []decide.Reason // of what was rejected or dropped; decide.AnyRuleError is any of an expression
	Since   time.Time       // with Reasons: rejected or dropped since then; zero: ever
	IDs     []string        // as in a Selection
}

// RetryOptions are how that is done.
type RetryOptions struct {
	Refusals
	// Take the risk that somebody is asked twice, where it cannot be told whether a request arrived.
	MayHaveArrived bool
	DryRun         bool // look everything up, and write nothing
}

// NoSecret is the standing of what may have arrived where there is no secret to ask Agent Connect's data.
const NoSecret Standing = "no_secret"

// Reopened is what became of a key that was to be asked about again: to be retried, accepted as its request
// was found, or as it was.
type Reopened struct {
	store.Entry              // as it is now, or after a dry run as it would be
	Was         store.Record // as it was
	// It may have arrived, and this is why that is not known; otherwise empty.
	Standing Standing
	Until    time.Time // TooEarly and TakenOver: before this time the data's silence proves nothing
}

// Changed reports whether it was taken up again.
func (r Reopened) Changed() bool { return r.State != r.Was.State }

// reopenedAtOnce is how many keys one transaction takes up again.
const reopenedAtOnce = 1000

// Retry takes up again what was rejected or dropped. What certainly did not arrive waits for the next pass,
// which reads and decides it anew, whatever its age. What may have arrived is looked up in Agent Connect's
// data first: what they show is accepted. Without a Receiver they cannot be asked. With an error, those dealt
// with before it are given; one that is neither a *store.WriteError nor store.ErrRolledBack tells that the
// data were not read to their end.
func Retry(ctx context.Context, ledger RetryLedger, o RetryOptions, v Verification) ([]Reopened, error) {
	chosen, err := o.choose(ledger)
	if err != nil {
		return nil, err
	}
	inquiry, unread := inquire(ctx, ledger, chosen, v)
	if errors.Is(unread, store.ErrRolledBack) || unread != nil && ctx.Err() != nil {
		return nil, unread
	}
	now := time.Now()
	again := store.Result{State: store.Retry, Reason: string(decide.ByHand), At: now, Due: now}
	reopened := make([]Reopened, len(chosen))
	for i, e := range chosen {
		r := Reopened{Entry: e, Was: e.Record}
		arrived := false
		if Over(e.Record) && mayHaveArrived(e.Record) {
			arrived, r.Standing, r.Until = inquiry.about(e, now)
		}
		switch {
		case !Over(e.Record):
		case arrived:
			r.Record = e.Reopened(received(now, inquiry.matcher.found[e.Key]))
		case r.Standing == "" || o.MayHaveArrived:
			r.Record = e.Reopened(again)
		}
		reopened[i] = r
	}
	if o.DryRun {
		return reopened, unread
	}
	done := 0
	for part := range slices.Chunk(reopened, reopenedAtOnce) {
		if ctx.Err() != nil {
			return reopened[:done], context.Cause(ctx)
		}
		err := ledger.Reopen(turned(part, store.Retry), again)
		if err == nil {
			var there Received
			for _, e := range turned(part, store.Accepted) {
				there.Add(e, inquiry.matcher.found[e.Key])
			}
			_, err = there.Accept(ledger, now)
		}
		if err != nil {
			err = fmt.Errorf("take up again what was refused: %w", err)
			return reopened[:done], &store.WriteError{Err: err}
		}
		done += len(part)
	}
	return reopened, unread
}

// turned are those that change into a state, as they were.
func turned(list []Reopened, to store.State) (entries []store.Entry) {
	for _, r := range list {
		if r.State == to && r.Changed() {
			entries = append(entries, store.Entry{Key: r.Key, Record: r.Was})
		}
	}
	return entries
}

// Over reports whether a record can be taken up again. What was erased never is.
func Over(r store.Record) bool {
	return r.State == store.Rejected || r.State == store.Dropped && !r.Erased()
}

// mayHaveArrived reports whether Agent Connect may have a request of what is over, as far as the record
// tells.
func mayHaveArrived(r store.Record) bool {
	switch reason := decide.Reason(r.Reason); {
	case r.Attempts == 0 && r.Intent == 0 && r.Status == 0:
		return false
	// Perhaps it was in doubt until then.
	case r.State == store.Dropped:
		return true
	// Only what is certainly not sent is decided about, or given up.
	case r.Status == 0:
		return !reason.Broken() && reason != decide.GaveUp && reason != decide.Credentials &&
			reason != decide.UnreadableRecord
	// It ran out of time, or one like it may be there.
	case r.Status == http.StatusRequestTimeout, r.Status == http.StatusConflict, r.Status == 499:
		return true
	}
	return r.Status < 400 || r.Status >= 500
}

// choose finds what is to be taken up again, and of an id what there is instead.
func (r Refusals) choose(ledger RetryLedger) (chosen []store.Entry, err error) {
	if len(r.IDs) == 0 {
		err = ledger.Each(func(e store.Entry) error {
			if r.match(e.Record) {
				chosen = append(chosen, e)
			}
			return nil
		})
		if err != nil {
			err = fmt.Errorf("look for what was refused: %w", err)
		}
		return chosen, err
	}
	for _, text := range r.IDs {
		id, at, err := ParseID(text)
		if err != nil {
			return nil, exit.New(exit.Usage, err.Error()+"; nothing was changed")
		}
		key := decide.KeyOfID(id)
		known, err := ledger.Lookup([]store.Key{key})
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", id, err)
		}
		named := pickOver(known, at)
		switch {
		case known[key].Erased():
			return nil, exit.New(exit.Usage, fmt.Sprintf("%.60q was erased from the ledger, and is never "+
				"asked about again; nothing was changed", text))
		case len(named) == 0:
			return nil, exit.New(exit.Usage, fmt.Sprintf("the ledger has nothing of %.60q, and nothing was "+
				"changed: acsync explain says what is known of it", text))
		}
		for _, entry := range named {
			if !slices.ContainsFunc(chosen, func(e store.Entry) bool { return e.Key == entry.Key }) {
				chosen = append(chosen, entry)
			}
		}
	}
	return chosen, nil
}

func (r Refusals) match(record store.Record) bool {
	reason := decide.Reason(record.Reason)
	return Over(record) && !record.At.Before(r.Since) &&
		(slices.Contains(r.Reasons, reason) || slices.Contains(r.Reasons, reason.Family()))
}

// pickOver chooses what is over of a conversation, or of one resolution, the earliest first; where nothing
// is, the latest of what there is.
func pickOver(known map[store.Key]store.Record, at time.Time) []store.Entry {
	all := entriesOf(known, at)
	goesOn := func(e store.Entry) bool { return !Over(e.Record) }
	if ended := slices.DeleteFunc(slices.Clone(all), goesOn); len(ended) > 0 {
		return ended
	}
	return all[max(len(all)-1, 0):]
}

// inquiry is what Agent Connect's data tell of what is over and may have arrived.
type inquiry struct{ matcher *Matcher } // nil: they cannot be asked

// inquire reads them, if there is anything to ask about. With an error what they showed before it counts.
func inquire(ctx context.Context, ledger RetryLedger, chosen []store.Entry, v Verification) (inquiry, error) {
	var doubtful []store.Entry
	for _, e := range chosen {
		if Over(e.Record) && mayHaveArrived(e.Record) {
			doubtful = append(doubtful, asDoubt(e))
		}
	}
	if len(doubtful) == 0 || v.Receiver == nil {
		return inquiry{}, nil
	}
	info, err := ledger.Info()
	if err != nil {
		return inquiry{}, fmt.Errorf("read the ledger: %w", err)
	}
	m := NewMatcher(info, doubtful, v)
	return inquiry{m}, m.Read(ctx, ledger)
}

// asDoubt is what is over as if it had come into doubt when that was written down, by a clock that may be
// behind Agent Connect's: what they show to be later than that, and of a later number, was begun after it.
func asDoubt(e store.Entry) store.Entry {
	e.State, e.Doubt, e.At = store.InDoubt, e.Intent, e.At.Add(Skew)
	return e
}

// about tells whether it has arrived, or else why that is not known; empty: it certainly has not.
func (q inquiry) about(e store.Entry, now time.Time) (arrived bool, why Standing, until time.Time) {
	if q.matcher == nil {
		return false, NoSecret, until
	}
	e = asDoubt(e)
	if _, found := q.matcher.found[e.Key]; found {
		return true, "", until
	}
	return false, q.matcher.standing(e, now), q.matcher.until(e)
}
