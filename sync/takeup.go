package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

const (
	mostDue = 10_000 // waiting conversations that one pass takes up; more wait for the next
	reread  = 50     // conversations that one call reads again
)

// takeUp accounts for what earlier passes left. What is in doubt, open intents of a crash among it, stays so and is
// told; what is scheduled or to be retried is read again, decided again, and sent when its time has come.
func (p *pass) takeUp(ctx context.Context) error {
	if _, err := p.ledger.Recover(time.Now()); err != nil {
		return fmt.Errorf("put the open intents in doubt: %w", err)
	}
	doubtful, err := p.ledger.Waiting(mostDue, store.InDoubt)
	if err != nil {
		return fmt.Errorf("list what is in doubt: %w", err)
	}
	due, err := p.ledger.Due(time.Now(), mostDue)
	if err != nil {
		return fmt.Errorf("list what is due: %w", err)
	}
	due = slices.DeleteFunc(due, func(e store.Entry) bool { return e.State == store.InDoubt })
	p.take(doubtful)
	p.take(due)
	p.observe(PassStarted{
		Pass: p.result.Pass, Mode: p.result.Mode, DryRun: p.result.DryRun, Window: p.result.Window, Due: p.result.Due,
	})
	p.leave(doubtful)
	for len(due) > 0 {
		chunk := due[:min(len(due), reread)]
		due = due[len(chunk):]
		if err := p.settleDue(ctx, chunk); err != nil {
			p.leave(due)
			return err
		}
	}
	return nil
}

// take notes which keys the pass has taken up, so that a window which holds them too does not count them again.
func (p *pass) take(entries []store.Entry) {
	for _, entry := range entries {
		p.taken[entry.Key] = true
	}
	p.result.Found += len(entries)
	p.result.Due += len(entries)
}

// leave tells that entries stay in the ledger as they are.
func (p *pass) leave(entries []store.Entry) {
	for _, e := range entries {
		p.tell(Row{
			Key: e.Key, Resolution: e.Record.Resolution, State: e.State, Reason: Reason(e.Reason), Status: e.Status,
		})
	}
}

// settleDue reads waiting conversations again, delivers what is still to be sent, and records it.
func (p *pass) settleDue(ctx context.Context, due []store.Entry) error {
	cases, gone, err := p.collector.again(ctx, due)
	if err != nil {
		p.leave(due)
		return err
	}
	for _, entry := range gone {
		p.skip(Case{Key: entry.Key, Candidate: Candidate{Known: entry.Record}, Decision: Decision{Skip: Gone}})
	}
	var send []Case
	for _, c := range cases {
		if c.Skip == NotDone {
			c.Skip = Reopened
		}
		if c.Send() {
			send = append(send, c)
		} else {
			p.skip(c)
		}
	}
	halt := p.deliverer.deliver(ctx, send, p.delivered)
	if err := p.record(time.Time{}); err != nil {
		return err
	}
	return p.halted(ctx, halt)
}

// again reads waiting conversations once more and decides them as they are now. Those that Kustomer no longer has are
// told apart.
func (c *collector) again(ctx context.Context, entries []store.Entry) (cases []Case, gone []store.Entry, err error) {
	ids := make([]string, len(entries))
	for i, entry := range entries {
		ids[i] = entry.Conversation
	}
	rows, err := c.source.Conversations(ctx, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("read %d waiting conversations again: %w", len(ids), err)
	}
	found := map[string]bool{}
	for _, row := range rows {
		found[row.ID] = true
	}
	for _, entry := range entries {
		if !found[entry.Conversation] {
			gone = append(gone, entry)
		}
	}
	cases, err = c.decide(ctx, kustomer.Query{}, rows)
	return cases, gone, err
}
