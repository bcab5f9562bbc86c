package sync

import (
	"context"
	"fmt"
	"slices"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// pending is the stage that accounts for what earlier passes left. What is in doubt is settled as far as
// Agent Connect's data have told, and stays so otherwise; what is scheduled or to be retried is read again,
// decided again, and sent when its time has come.
type pending struct {
	limits    deliver.Limits
	doubts    *doubts
	recheck   recheck
	commits   *committer
	deliverer *deliver.Deliverer
}

// Run does it.
func (p pending) Run(ctx context.Context) error {
	due, others, err := p.takeUp()
	if err != nil {
		return err
	}
	tally := p.commits.tally
	tally.left(others...)
	// Those that were marked done together are read together, so that one search finds their customers.
	slices.SortStableFunc(
		due, func(a, b store.Entry) int { return a.Record.Resolution.Compare(b.Record.Resolution) })
	for chunk := range slices.Chunk(due, recheckAtOnce) {
		due = due[len(chunk):]
		if err := p.resend(ctx, chunk); err != nil {
			tally.left(due...)
			return err
		}
	}
	return nil
}

// takeUp gives what is due, after what is in doubt was settled and what was tried for too long given up;
// others are what the pass leaves.
func (p pending) takeUp() (due, others []store.Entry, err error) {
	cursor, tally := p.commits.cursor, p.commits.tally
	due, err = p.commits.ledger.Waiting(cursor.maxPending(p.limits), store.Scheduled, store.Retry)
	if err != nil {
		return nil, nil, fmt.Errorf("list what is due: %w", err)
	}
	now := p.recheck.clock()
	due = slices.DeleteFunc(
		due, func(e store.Entry) bool { return decide.TriageWaiting(e, now).Verb == decide.Keep })
	due, _ = cursor.divide(due)
	p.recheck.seen.take(p.doubts.entries)
	p.recheck.seen.take(due)
	tally.started()
	again, err := p.doubts.settle(p.doubts.entries)
	again, others = cursor.divide(again)
	due = append(again, due...)
	if err == nil {
		due, err = p.commits.giveUp(due, now)
	}
	if err != nil {
		tally.left(append(others, due...)...)
		return nil, nil, err
	}
	return due, others, nil
}

// resend reads waiting conversations again, delivers what is still to be sent, and records it.
func (p pending) resend(ctx context.Context, due []store.Entry) error {
	waiting := make([]decide.Case, len(due))
	for i, entry := range due {
		waiting[i] = decide.WaitingCase(entry)
	}
	w := p.commits.open(fetch.Window{}, false)
	send, err := p.recheck.again(ctx, w, waiting)
	if err != nil {
		p.commits.tally.left(due...)
		return err
	}
	for _, c := range send {
		p.deliverer.Send(ctx, c, &w.sending, w.delivered)
	}
	w.sending.Wait()
	if err := p.commits.record(w); err != nil {
		return err
	}
	return halted(ctx, p.deliverer)
}
