package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
)

// Action is what the operator decides about conversations whose survey requests are in doubt.
type Action int

// The actions.
const (
	Resend Action = iota + 1 // it did not arrive: the next pass sends it again
	Accept                   // it did arrive
	Drop                     // nothing is ever to be sent; also for what is scheduled or to be retried
)

// Choice says which conversations a decision is about.
type Choice struct {
	All bool     // all that are in doubt
	IDs []string // of conversations; with survey_per = "resolution", all their resolutions that wait
}

// Resolve carries out the operator's decision, and gives one Settled for each key that it is about, and for each id of
// which nothing waits. Only what is in doubt changes, and with Drop what is scheduled or to be retried, if it is named.
// With an error, the keys given are those that were dealt with before it.
func Resolve(ctx context.Context, ledger Docket, choice Choice, action Action) ([]Settled, error) {
	if choice.All == (len(choice.IDs) > 0) {
		return nil, errors.New("nothing was changed: name the conversations, or choose all that are in doubt")
	}
	if action < Resend || action > Drop {
		return nil, fmt.Errorf("nothing was changed: there is no action %d", action)
	}
	if _, err := ledger.Recover(time.Now()); err != nil {
		return nil, &LedgerError{fmt.Errorf("put the open intents in doubt: %w", err)}
	}
	chosen, err := choose(ledger, choice)
	if err != nil {
		return nil, fmt.Errorf("find what to decide about: %w", err)
	}
	var settled []Settled
	for _, entry := range chosen {
		if ctx.Err() != nil {
			return settled, context.Cause(ctx)
		}
		s, err := decided(ledger, entry, action, time.Now())
		if err != nil {
			return settled, &LedgerError{fmt.Errorf("write the decision for conversation %s: %w", entry.Conversation, err)}
		}
		settled = append(settled, s)
	}
	return settled, nil
}

// choose finds what a choice is about. An id of which nothing waits is there as the ledger knows it.
func choose(ledger Docket, choice Choice) ([]store.Entry, error) {
	if choice.All {
		return ledger.Waiting(0, store.InDoubt)
	}
	waiting, err := ledger.Waiting(0, store.InDoubt, store.Retry, store.Scheduled)
	if err != nil {
		return nil, err
	}
	byID := map[string][]store.Entry{}
	for _, entry := range waiting {
		id := strings.ToLower(entry.Conversation)
		byID[id] = append(byID[id], entry)
	}
	var chosen []store.Entry
	for i, id := range choice.IDs {
		switch entries := byID[strings.ToLower(id)]; {
		case slices.ContainsFunc(choice.IDs[:i], func(earlier string) bool { return strings.EqualFold(earlier, id) }):
		case len(entries) > 0:
			chosen = append(chosen, entries...)
		default:
			key := store.Key{Conversation: id}
			known, err := ledger.Lookup([]store.Key{key})
			if err != nil {
				return nil, err
			}
			chosen = append(chosen, store.Entry{Key: key, Record: known[key]})
		}
	}
	return chosen, nil
}

// decided carries out an action for one key, or says why not.
func decided(ledger Docket, e store.Entry, action Action, now time.Time) (Settled, error) {
	s := Settled{Entry: e, Before: e.State}
	result := store.Result{Reason: string(ByHand), Status: e.Status, At: now}
	switch action {
	case Resend:
		result.State, result.Due = store.Retry, now
	case Accept:
		result.State = store.Accepted
	case Drop:
		result.State = store.Dropped
	}
	var err error
	switch {
	case e.State == store.InDoubt:
		err = ledger.Settle(e.Key, e.Intent, result)
	case e.State.Waiting() && action == Drop:
		err = ledger.Commit(store.Batch{Entries: []store.Entry{after(e, result)}})
	default:
		s.Refusal = refusalOf(e.State)
		return s, nil
	}
	if err == nil {
		s.Entry = after(e, result)
	}
	return s, err
}

// refusalOf says why a key in this state is not to be decided about.
func refusalOf(state store.State) string {
	switch {
	case state == store.Unknown:
		return "nothing waits under this id"
	case state.Waiting():
		return fmt.Sprintf("it is %s, not in doubt: a pass will send it unless it is dropped", state)
	}
	return fmt.Sprintf("it is %s, not in doubt", state)
}
