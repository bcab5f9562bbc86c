package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// Row is what became of one conversation in a pass.
type Row struct {
	Key        store.Key
	Customer   string // id
	Agent      string // id
	Resolution time.Time
	State      store.State           // its disposition
	Planned    bool                  // a dry run: a real pass would send it
	Reason     Reason                // empty when accepted or planned
	Status     int                   // HTTP status of the last answer; 0 for none
	Message    string                // the server's words; free of personal data
	Request    *agentconnect.Request // what was or would be sent; nil for a skip
}

// row is what became of a case.
func (c Case) row(o Outcome) Row {
	row := Row{
		Key: c.Key, Customer: c.Conversation.CustomerID, Resolution: c.resolution(),
		State: o.State, Planned: o.Planned, Reason: o.Reason, Status: o.Status, Message: o.Message,
	}
	if c.Agent != nil {
		row.Agent = c.Agent.ID
	}
	if c.Send() {
		row.Request = &c.Request
	}
	return row
}

// waits is the disposition of a case that stays in the ledger as it is.
func (c Case) waits() Outcome {
	return Outcome{State: c.Known.State, Reason: Reason(c.Known.Reason), Status: c.Known.Status}
}

// dispose tells what becomes of those cases of a window that are not to be sent, and returns the others.
func (p *pass) dispose(cases []Case) (send []Case) {
	for _, c := range cases {
		if p.taken[c.Key] {
			continue
		}
		p.result.Found++
		switch {
		case c.Known.State.Waiting():
			p.tell(c.row(c.waits()))
		case c.Send():
			send = append(send, c)
		default:
			p.skip(c)
		}
	}
	return send
}

// skip tells that a case is skipped, and keeps that for the record unless the ledger says so already.
func (p *pass) skip(c Case) {
	known := c.Known
	same := known.State == store.Skipped && known.Reason == string(c.Skip) && known.Resolution.Equal(c.resolution())
	if !known.State.Final() && !same {
		p.keep(c, store.Record{State: store.Skipped, Reason: string(c.Skip)})
	}
	p.tell(c.row(Outcome{State: store.Skipped, Reason: c.Skip}))
}

// delivered tells what came of a case that was to be sent. One that the pass did not come to is scheduled, to be the
// next pass's first work; intents and outcomes are in the ledger already.
func (p *pass) delivered(c Case, o Outcome) {
	if o.State == store.Scheduled {
		if c.Known.State.Waiting() {
			o = c.waits()
		} else {
			p.keep(c, store.Record{State: store.Scheduled, Reason: string(o.Reason), Due: time.Now()})
		}
	}
	p.tell(c.row(o))
}

// keep notes a disposition for the next record.
func (p *pass) keep(c Case, r store.Record) {
	r.Resolution, r.At = c.resolution(), time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = append(p.pending, store.Entry{Key: c.Key, Record: r})
}

// tell counts a disposition and lets it be observed.
func (p *pass) tell(row Row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.tally(row)
	p.observer.Observe(Disposed{row})
}

// record writes the dispositions kept so far, and the checkpoint if it moves forward, in one transaction.
func (p *pass) record(checkpoint time.Time) error {
	batch := store.Batch{Entries: p.pending}
	if checkpoint.After(p.result.Checkpoint) {
		batch.Checkpoint = checkpoint
	}
	if len(batch.Entries) == 0 && batch.Checkpoint.IsZero() {
		return nil
	}
	if err := p.ledger.Commit(batch); err != nil {
		return fmt.Errorf("record a window in the ledger: %w; the checkpoint stays at %s",
			err, p.result.Checkpoint.UTC().Format(time.RFC3339))
	}
	p.pending = nil
	if !batch.Checkpoint.IsZero() {
		p.result.Checkpoint = checkpoint
	}
	return nil
}
