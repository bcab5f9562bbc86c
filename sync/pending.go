package sync

import (
	"context"
	"fmt"
	"slices"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// pending is the stage that accounts for what earlier passes left. What is in doubt is settled as far as
// Agent Connect's data have told, and stays so otherwise; what is scheduled or to be retried is read again,
// decided again, and sent when its time has come.
type pending struct {
	*work
	most int // how much of what waits the pass looks at
}

func (p pending) run(ctx context.Context) error {
	due, others, err := p.takeUp()
	if err != nil {
		return err
	}
	p.tally.left(others...)
	// Those that were marked done together are read together, so that one search finds their customers.
	slices.SortStableFunc(
		due, func(a, b store.Entry) int { return a.Record.Resolution.Compare(b.Record.Resolution) })
	for chunk := range slices.Chunk(due, recheckAtOnce) {
		due = due[len(chunk):]
		if err := p.resend(ctx, chunk); err != nil {
			p.tally.left(due...)
			return err
		}
	}
	return nil
}

// takeUp gives what is due, after what is in doubt was settled and what was tried for too long given up;
// others are what the pass leaves.
func (p pending) takeUp() (due, others []store.Entry, err error) {
	due, err = p.ledger.Waiting(p.most, store.Scheduled, store.Retry)
	if err != nil {
		return nil, nil, fmt.Errorf("list what is due: %w", err)
	}
	now := p.clock()
	due = slices.DeleteFunc(
		due, func(e store.Entry) bool { return decide.TriageWaiting(e, now).Verb == decide.Keep })
	due, _ = p.cursor.divide(due)
	p.seen.take(p.doubts.entries)
	p.seen.take(due)
	p.tally.started()
	again, err := p.doubts.settle(p.doubts.entries)
	again, others = p.cursor.divide(again)
	due = append(again, due...)
	if err == nil {
		due, err = p.giveUp(due)
	}
	if err != nil {
		p.tally.left(append(others, due...)...)
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
	w := newWindowCommit(p.work, fetch.Window{}, false)
	send, err := p.recheck(ctx, w, waiting)
	if err != nil {
		p.tally.left(due...)
		return err
	}
	for _, c := range send {
		p.deliverer.Send(ctx, c, &w.sending, w.delivered)
	}
	w.sending.Wait()
	if err := w.record(); err != nil {
		return err
	}
	return p.halted(ctx)
}
