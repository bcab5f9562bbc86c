package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/verify"
)

// pending are the stages for what earlier passes left: doubts are settled as far as Agent Connect's data
// tell, and what is due is read and decided again, and sent. What was tried before, or could not be read,
// comes behind all else: whatever is wrong with it, somebody new is asked first.
type pending struct {
	*work
	most   int // how much of what waits the pass looks at
	shared turns
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
	var untried, unread []store.Entry
	for _, e := range due {
		switch {
		case decide.Reason(e.Reason) == decide.UnreadableRecord:
			unread = append(unread, e)
		case e.Attempts > 0:
			p.tried = append(p.tried, e)
		default:
			untried = append(untried, e)
		}
	}
	p.tried = append(p.tried, unread...)
	return p.resendAll(ctx, untried)
}

// retry is the later of the two stages.
func (p pending) retry(ctx context.Context) error {
	due := p.tried
	p.tried = nil
	return p.resendAll(ctx, due)
}

func (p pending) resendAll(ctx context.Context, due []store.Entry) error {
	for len(due) > 0 {
		chunk := due[:min(len(due), recheckAtOnce)]
		due = due[len(chunk):]
		err, given := p.resend(ctx, chunk), false
		if err == nil && len(due) > 0 {
			given, err = p.shared.give(ctx)
		}
		if err == nil && given {
			due, err = p.asNow(due)
		}
		if err != nil {
			p.tally.left(due...)
			return err
		}
	}
	return nil
}

// takeUp settles doubts and gives up what was tried for too long; due is left to send, others are not ours.
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

// pendingAtOnce is how many waiting conversations one pass takes up; more wait for the next.
const pendingAtOnce = 10_000

// doubts are what was in doubt when the pass began, and what Agent Connect's own data tell of it.
type doubts struct {
	verify.Verification
	ledger     Ledger
	dryRun     bool
	tally      *tally
	entries    []store.Entry
	matcher    *verify.Matcher // what the data tell; nil: they were not asked
	unanswered bool            // the data could not be read
	// when the data were asked that nothing in them spoke against the ledger; zero if something did
	witnessed time.Time
}

// consult asks Agent Connect's data, before anything is decided, whether the ledger is the newest, and what
// became of the doubts that are due. A ledger that cannot be held against them sends nothing: it may have
// been put back from a copy. One whose database was put back is trusted again first, if nothing speaks
// against it, and is given as it is then.
func (d *doubts) consult(ctx context.Context, info store.Info) (store.Info, error) {
	info, err := d.readmit(ctx, info)
	if err == nil {
		err = d.ask(ctx, info)
	}
	return info, err
}

func (d *doubts) readmit(ctx context.Context, info store.Info) (store.Info, error) {
	restored := d.Restored(info)
	switch {
	case restored == nil:
		return info, nil
	case d.dryRun:
		d.tally.notice("a pass that sends would look into this first: %v", restored)
		return info, nil
	}
	return verify.Readmit(ctx, d.ledger, info, d.Verification)
}

func (d *doubts) ask(ctx context.Context, info store.Info) error {
	if _, err := d.ledger.Recover(time.Now()); err != nil {
		return fmt.Errorf("put the open intents in doubt: %w", err)
	}
	var err error
	if d.entries, err = d.ledger.Waiting(pendingAtOnce, store.InDoubt); err != nil {
		return fmt.Errorf("list what is in doubt: %w", err)
	}
	began := time.Now()
	if d.Receiver == nil {
		d.witnessed = began
		return nil
	}
	var due []store.Entry
	for _, entry := range d.entries {
		if !entry.Due.After(began) {
			due = append(due, entry)
		}
	}
	matcher := verify.NewMatcher(info, due, d.Verification)
	err = matcher.Read(ctx, d.ledger)
	switch {
	case errors.Is(err, store.ErrRolledBack), err != nil && ctx.Err() != nil:
		return err
	case err != nil && matcher.ChecksLedger():
		return &verify.WitnessError{Err: err}
	case err != nil:
		d.unanswered = true
		d.tally.notice("what is in doubt could not be looked up and stays so: %v", err)
	}
	d.matcher, d.witnessed = matcher, began
	return nil
}

// settle returns what is to be sent again.
func (d *doubts) settle(doubtful []store.Entry) (again []store.Entry, err error) {
	var asked []store.Entry
	for _, entry := range doubtful {
		if d.matcher != nil && d.matcher.About(entry) {
			asked = append(asked, entry)
		} else {
			d.tally.left(entry)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	settled, err := d.matcher.Settle(d.ledger, asked)
	for _, entry := range settled {
		d.tally.settled(entry.State)
		if entry.State == store.Retry {
			again = append(again, entry)
		} else {
			d.tally.left(entry)
		}
	}
	return again, err
}
