package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

const (
	maxPending = 10_000 // waiting conversations that one pass takes up; more wait for the next
	reread     = 50     // conversations that one call reads again
)

// drainPending accounts for what earlier passes left. What is in doubt is settled as far as Agent Connect's data
// have told, and stays so otherwise; what is scheduled or to be retried is read again, decided again, and
// sent when its time has come.
func (p *pass) drainPending(ctx context.Context) error {
	due, err := p.ledger.Waiting(p.mostToTake(), store.Scheduled, store.Retry)
	if err != nil {
		return fmt.Errorf("list what is due: %w", err)
	}
	now := time.Now()
	due = slices.DeleteFunc(due, func(e store.Entry) bool { return !p.timely(e, now) })
	due, _ = p.divide(due)
	p.take(p.doubtful)
	p.take(due)
	p.observe(PassStarted{
		Pass: p.result.Pass, Mode: p.result.Mode, DryRun: p.result.DryRun, Window: p.result.Window, Due: p.result.Due,
	})
	again, err := p.settle(p.doubtful)
	again, others := p.divide(again)
	p.leave(others)
	due = append(again, due...)
	if err == nil {
		due, err = p.giveUp(due, now)
	}
	if err != nil {
		p.leave(due)
		return err
	}
	// Those that were marked done together are read together, so that one search finds their customers.
	slices.SortStableFunc(due, func(a, b store.Entry) int { return a.Record.Resolution.Compare(b.Record.Resolution) })
	for chunk := range slices.Chunk(due, reread) {
		due = due[len(chunk):]
		if err := p.resend(ctx, chunk); err != nil {
			p.leave(due)
			return err
		}
	}
	return nil
}

// divide tells what the pass is to send from what it is not: a back-fill sends only what belongs into its range, and leaves
// the rest of what waits to the passes from the checkpoint.
func (p *pass) divide(entries []store.Entry) (own, others []store.Entry) {
	if !p.options.backfilling() {
		return entries, nil
	}
	whole := fetch.Window{From: p.options.Range.From, To: p.result.To}
	for _, e := range entries {
		if whole.Contains(e.Record.Resolution) {
			own = append(own, e)
		} else {
			others = append(others, e)
		}
	}
	return own, others
}

// mostToTake is how many waiting conversations a pass takes up: no more than it may send. A back-fill looks at all, because
// those of its range may come late in the order of what waits.
func (p *pass) mostToTake() int {
	most := maxPending
	if p.options.backfilling() {
		return most
	}
	for _, limit := range []int{p.options.Limits.Max, p.options.Limits.Requests} {
		if limit > 0 {
			most = min(most, limit)
		}
	}
	return most
}

// take notes which keys the pass has taken up, so that a window which holds them too does not count them again.
func (p *pass) take(entries []store.Entry) {
	for _, entry := range entries {
		p.taken[entry.Key] = true
		p.taken[store.Key{Conversation: entry.Conversation, Resolution: entry.Key.Resolution}] = true // also of a recovery that is none any more
		p.stood[p.identity.KeyAt(entry.Key, entry.Record.Resolution)] = true
	}
	p.found(len(entries))
	p.result.Due += len(entries)
}

// giveUp rejects what was tried for long enough, and returns the rest.
func (p *pass) giveUp(due []store.Entry, now time.Time) (left []store.Entry, err error) {
	var given []store.Entry
	for _, e := range due {
		if !decide.Exhausted(e, now) {
			left = append(left, e)
			continue
		}
		given = append(given, decide.After(e, store.Result{State: store.Rejected, Reason: string(decide.GaveUp), Status: e.Status, At: now}))
	}
	if len(given) == 0 {
		return due, nil
	}
	if err := p.ledger.Commit(store.Batch{Entries: given}); err != nil {
		return due, &store.WriteError{Err: fmt.Errorf("give up what was tried for %s: %w", decide.GiveUpAfter, err)}
	}
	p.leave(given)
	return left, nil
}

// leave tells that entries stay in the ledger as they are now.
func (p *pass) leave(entries []store.Entry) {
	for _, e := range entries {
		o := reached(waits(e.Record))
		row := Row{Key: e.Key, Resolution: e.Record.Resolution, State: o.State, Reason: o.Reason, Status: o.Status, Due: o.Due}
		row.Handled = e.At
		p.tell(row)
	}
}

// resend reads waiting conversations again, delivers what is still to be sent, and records it.
func (p *pass) resend(ctx context.Context, due []store.Entry) error {
	waiting := make([]decide.Case, len(due))
	for i, entry := range due {
		waiting[i] = decide.Case{Key: entry.Key, Candidate: decide.Candidate{Known: entry.Record}, Own: entry.Record}
	}
	folio := p.folio(fetch.Window{}, false)
	send, err := p.again(ctx, folio, waiting)
	if err != nil {
		p.leave(due)
		return err
	}
	for _, c := range send {
		p.deliverer.Send(ctx, c, &folio.sending, folio.delivered)
	}
	folio.sending.Wait()
	if err := p.record(folio); err != nil {
		return err
	}
	return p.halted(ctx)
}
