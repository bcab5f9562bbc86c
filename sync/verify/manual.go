package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Action is what the operator decides about conversations whose survey requests are in doubt.
type Action int

// The actions.
const (
	Resend Action = iota + 1 // it did not arrive: the next pass sends it again
	Accept                   // it did arrive
	Drop                     // nothing is ever to be sent; also for what is scheduled or to be retried
)

// Selection says which conversations a decision is about.
type Selection struct {
	All bool     // all that are in doubt
	IDs []string // of conversations, with all their resolutions that wait, or of one: ID@TIME, see ParseID
}

// ParseID splits an id from the time of one of its resolutions, as in
// 6716500fa1b2c3d4e5f60001@2026-11-22T15:04:05.123Z.
func ParseID(text string) (id string, at time.Time, err error) {
	id, clock, timed := strings.Cut(text, "@")
	if timed {
		at, err = time.Parse(time.RFC3339, clock)
	}
	if err != nil || id == "" {
		return "", time.Time{}, fmt.Errorf("%.60q names no conversation: write its id, or one resolution "+
			"of it as ID@TIME with a time such as 2026-11-22T15:04:05.123Z", text)
	}
	return id, at, nil
}

// Resolve carries out the decision, and gives one Settled for each key, and for each id under which nothing
// waits. Only what is in doubt changes, and with Drop what is named and waits. With an error, those dealt
// with before it are given.
func Resolve(ctx context.Context, ledger Ledger, choice Selection, action Action) ([]Settled, error) {
	if choice.All == (len(choice.IDs) > 0) {
		return nil, errors.New("nothing was changed: name the conversations, or choose all that are in doubt")
	}
	if action < Resend || action > Drop {
		return nil, fmt.Errorf("nothing was changed: there is no action %d", action)
	}
	if err := recoverOpen(ledger); err != nil {
		return nil, err
	}
	chosen, err := selectEntries(ledger, choice, action)
	if err != nil {
		return nil, fmt.Errorf("find what to decide about: %w", err)
	}
	var settled []Settled
	for _, entry := range chosen {
		if ctx.Err() != nil {
			return settled, context.Cause(ctx)
		}
		s, err := applyDecision(ledger, entry, action, time.Now())
		if err != nil {
			err = fmt.Errorf("write the decision for conversation %s: %w", entry.Conversation, err)
			return settled, &store.WriteError{Err: err}
		}
		settled = append(settled, s)
	}
	return settled, nil
}

func selectEntries(ledger Ledger, choice Selection, action Action) ([]store.Entry, error) {
	if choice.All {
		return ledger.Waiting(0, store.InDoubt)
	}
	var chosen []store.Entry
	for _, text := range choice.IDs {
		id, at, err := ParseID(text)
		if err != nil {
			return nil, fmt.Errorf("%w; nothing was changed", err)
		}
		key := decide.KeyOfID(id)
		known, err := ledger.Lookup([]store.Key{key})
		if err != nil {
			return nil, err
		}
		for _, entry := range pick(key, known, at, action) {
			if !slices.ContainsFunc(chosen, func(e store.Entry) bool { return e.Key == entry.Key }) {
				chosen = append(chosen, entry)
			}
		}
	}
	return chosen, nil
}

// pick chooses what waits of a conversation, or of one resolution, the earliest first: doubts before the
// rest, which can only be dropped. Where nothing waits, it gives what the ledger has instead.
func pick(key store.Key, known map[store.Key]store.Record, at time.Time, action Action) []store.Entry {
	all := entriesOf(known, at)
	without := func(drop func(store.Entry) bool) []store.Entry {
		return slices.DeleteFunc(slices.Clone(all), drop)
	}
	doubtful := without(func(e store.Entry) bool { return e.State != store.InDoubt })
	waiting := without(func(e store.Entry) bool { return !e.State.Waiting() })
	switch {
	case action != Drop && len(doubtful) > 0:
		return doubtful
	case len(waiting) > 0:
		return waiting
	case len(all) > 0:
		return all[len(all)-1:]
	}
	return []store.Entry{{Key: key}}
}

// entriesOf are the records of a conversation, or of one resolution, the earliest first.
func entriesOf(known map[store.Key]store.Record, at time.Time) (all []store.Entry) {
	for each, record := range known {
		all = append(all, store.Entry{Key: each, Record: record})
	}
	if !at.IsZero() {
		all = markedDone(all, at)
	}
	slices.SortFunc(
		all, func(a, b store.Entry) int { return a.Record.Resolution.Compare(b.Record.Resolution) })
	return all
}

// markedDone are the records of a resolution: of the very time, else of its second, else those that Kustomer
// may tell by it.
func markedDone(all []store.Entry, at time.Time) (chosen []store.Entry) {
	for _, fits := range []func(time.Time) bool{
		at.Equal,
		func(resolved time.Time) bool { return resolved.Truncate(time.Second).Equal(at) },
		func(resolved time.Time) bool { return decide.SameResolution(resolved, at) },
	} {
		for _, e := range all {
			if fits(e.Record.Resolution) {
				chosen = append(chosen, e)
			}
		}
		if len(chosen) > 0 {
			break
		}
	}
	return chosen
}

func applyDecision(ledger Ledger, e store.Entry, action Action, now time.Time) (Settled, error) {
	s := Settled{Entry: e, Before: e.State}
	result := store.Result{Reason: string(decide.ByHand), Status: e.Status, At: now}
	switch action {
	case Resend:
		result.State, result.Due = store.Retry, now
	case Accept:
		result.State = store.Accepted
	case Drop:
		result.State = store.Dropped
	}
	after := store.Entry{Key: e.Key, Record: e.After(result)}
	var err error
	switch {
	case e.State == store.InDoubt:
		err = ledger.Settle(e.Key, e.Intent, result)
	case e.State.Waiting() && action == Drop:
		err = ledger.Commit(store.Batch{Entries: []store.Entry{after}})
	default:
		s.Refusal = refusalOf(e.State)
		return s, nil
	}
	if err == nil {
		s.Entry = after
	}
	return s, err
}

func refusalOf(state store.State) string {
	switch {
	case state == store.Unknown:
		return "nothing waits under this id"
	case state.Waiting():
		return fmt.Sprintf("it is %s, not in doubt: a pass will send it unless it is dropped", state)
	}
	return fmt.Sprintf("it is %s, not in doubt", state)
}
