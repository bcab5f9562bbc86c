package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// recheckAtOnce is how many conversations one call reads again.
const recheckAtOnce = 50

// errHalt ends the reading of windows without being a failure: the Result tells which limit was reached.
var errHalt = errors.New("the pass stopped sending")

// work is what the stages of a pass have in common.
type work struct {
	ledger    Ledger
	tally     *tally
	fetcher   *fetch.Fetcher
	deliverer *deliver.Deliverer
	doubts    *doubts
	seen      *seen
	cursor    cursor
	protected time.Time // the earliest resolution of those that were met as already sent; zero for none
}

// clock is what a triage at this moment goes by.
func (w *work) clock() decide.Clock {
	return decide.Clock{Kustomer: w.fetcher.Started(), Own: time.Now()}
}

// halted tells why no further window is to be delivered: a failure, a signal, or a fuse. Nil: go on.
func (w *work) halted(ctx context.Context) error {
	switch {
	case w.deliverer.Failure() != nil:
		return w.deliverer.Failure()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case w.deliverer.Stopped():
		return errHalt
	}
	return nil
}

// room refuses to go on when the disk has no room for what the ledger is to remember.
func (w *work) room() error {
	if err := w.ledger.Room(); err != nil {
		return &store.WriteError{Err: err}
	}
	return nil
}

// recheck reads cases once more, just before they are sent, and decides them as they are now. It returns those
// that are still to be sent, and disposes of the others.
func (w *work) recheck(ctx context.Context, c *windowCommit, cases []decide.Case) (send []decide.Case, err error) {
	read, err := w.fetcher.Recheck(ctx, cases)
	if err != nil {
		return nil, err
	}
	for _, each := range read {
		if each.Replacement && !w.seen.replaces(each) {
			continue
		}
		if action := decide.Triage(each, w.clock(), decide.FromLedger); action.Verb == decide.Send {
			send = append(send, each)
		} else {
			c.dispose(each, action)
		}
	}
	return send, nil
}

// giveUp rejects what was tried for long enough, and returns the rest.
func (w *work) giveUp(due []store.Entry) (rest []store.Entry, err error) {
	var given []store.Entry
	now := w.clock()
	for _, e := range due {
		if action := decide.TriageWaiting(e, now); action.Verb == decide.Reject {
			given = append(given, store.Entry{Key: e.Key, Record: givenUp(e.Record, action.Reason, now.Own)})
		} else {
			rest = append(rest, e)
		}
	}
	if len(given) == 0 {
		return due, nil
	}
	if err := w.ledger.Commit(store.Batch{Entries: given}); err != nil {
		return due, &store.WriteError{Err: fmt.Errorf(
			"give up what was tried for %s: %w", decide.GiveUpAfter, err)}
	}
	w.tally.left(given...)
	return rest, nil
}

func givenUp(r store.Record, why decide.Reason, now time.Time) store.Record {
	return r.After(store.Result{State: store.Rejected, Reason: string(why), Status: r.Status, At: now})
}

// protect keeps what was asked about a resolution from being forgotten by this pass: the conversation was
// marked done again lately, and the next pass, which reads that once more, must still know that it was asked
// about.
func (w *work) protect(resolved time.Time) {
	if !resolved.IsZero() && (w.protected.IsZero() || resolved.Before(w.protected)) {
		w.protected = resolved
	}
}
