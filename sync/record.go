package sync

import (
	"fmt"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// Row is what became of one conversation in a pass.
type Row struct {
	Key        store.Key
	Customer   string // id
	Agent      string // id
	Resolution time.Time
	State      store.State           // its disposition
	Due        time.Time             // when its delay is over; zero unless it is delayed
	Planned    bool                  // a dry run: a real pass would send it
	Reason     decide.Reason         // empty when accepted or planned
	Status     int                   // HTTP status of the last answer; 0 for none
	Message    string                // the server's words; free of personal data
	Request    *agentconnect.Request // what was or would be sent; nil for a skip
	decide.RowDetails
}

// row is what became of a case.
func rowOf(c decide.Case, o deliver.Outcome) Row {
	row := Row{
		Key: c.Key, Customer: c.Conversation.CustomerID, Resolution: c.Resolution(),
		State: o.State, Planned: o.Planned, Reason: o.Reason, Status: o.Status, Message: o.Message, Due: o.Due,
	}
	row.RowDetails = decide.DetailsOf(c, o.At)
	if c.Agent != nil {
		row.Agent = c.Agent.ID
	}
	if c.Send() {
		row.Request = &c.Request
	}
	return row
}

// waits is the disposition of what stays in the ledger as it is.
func waits(r store.Record) deliver.Outcome {
	o := deliver.Outcome{State: r.State, Reason: decide.Reason(r.Reason), Status: r.Status}
	if o.Reason == decide.Delayed {
		o.Due = r.Due
	}
	return o
}

// reached is the disposition of what stays in the ledger although its time had come: the pass stopped before its turn.
func reached(o deliver.Outcome) deliver.Outcome {
	if o.Reason == decide.Delayed {
		o.Reason, o.Due = decide.Stopped, time.Time{}
	}
	return o
}

// windowCommit is what a window, or a lot of waiting conversations, will write into the ledger when all of it is delivered.
type windowCommit struct {
	pass *pass
	fetch.Window
	complete bool // with this folio the window is read to its end, and the pass comes forward
	sending  stdsync.WaitGroup
	recorded chan struct{} // closed when it is in the ledger, or will never be

	mu      stdsync.Mutex
	entries []store.Entry
	late    []time.Duration // how far below the closed checkpoint conversations were seen first
	left    time.Time       // the earliest resolution that a back-fill has left for later; zero for none
}

func (p *pass) folio(w fetch.Window, complete bool) *windowCommit {
	return &windowCommit{pass: p, Window: w, complete: complete, recorded: make(chan struct{})}
}

// dispose tells what becomes of those cases of a window that are not to be sent, and returns the others.
func (f *windowCommit) dispose(cases []decide.Case) (send []decide.Case) {
	for _, c := range cases {
		if f.pass.repeated(&c, f) {
			continue
		}
		f.clock(c)
		seen := sighting{key: c.Key, resolved: c.Resolution(), folio: f}
		switch action := decide.Triage(c, f.pass.clock(), decide.FromWindow); action.Verb {
		case decide.Send:
			send = append(send, c)
		default:
			if seen.skip = action.Reason; seen.skip == decide.AgentUnknown {
				seen.agent = c.Agent.ID
			}
			f.settle(c, action)
		}
		f.pass.sightings.add(seen)
	}
	return send
}

// clock notes how late a conversation is that lies below the checkpoint at which an earlier pass stopped reading, and
// that no earlier pass has seen: Kustomer's search did not show it then. What claims a time outside of the pass's range, or
// none, says nothing of that.
func (f *windowCommit) clock(c decide.Case) {
	resolved := c.Resolution()
	if c.Known.State == store.Unknown && resolved.Before(f.pass.closed) && !resolved.Before(f.pass.result.From) {
		f.late = append(f.late, f.pass.closed.Sub(resolved))
	}
}

// settle tells what becomes of a case that is not to be sent now, and keeps for the record what the ledger does not
// say already.
func (f *windowCommit) settle(c decide.Case, action decide.Action) {
	switch action.Verb {
	case decide.Keep:
		f.pass.tell(rowOf(c, waits(action.Record)))
	case decide.Wait:
		f.postpone(c, action.Until)
	default:
		f.skip(c, action.Reason)
	}
}

// skip tells that a case is skipped, or rejected, and keeps that for the record unless the ledger says so already, or
// knows better, or there is no time to keep it by. What waited is kept in any case: it waits no longer.
func (f *windowCommit) skip(c decide.Case, why decide.Reason) {
	if c.Skip != why { // found out after it was decided
		c.Decision = decide.Decision{Skip: why}
	}
	known, state := c.Known, why.State()
	if why == decide.AlreadySent {
		f.pass.protect(known.Resolution)
	}
	same := known.State == state && known.Reason == string(why) && decide.SameResolution(known.Resolution, c.Resolution())
	switch {
	case why == decide.GaveUp: // it has attempts to be remembered
		f.keep(c, decide.After(store.Entry{Record: c.Own}, store.Result{State: state, Reason: string(why), Status: c.Own.Status}).Record)
	case c.Own.State.Waiting() || !decide.Settled(known) && !same && !c.Outside:
		f.keep(c, store.Record{State: state, Reason: string(why)})
	}
	f.pass.tell(rowOf(c, deliver.Outcome{State: state, Reason: why, Message: c.Trouble}))
}

// delivered tells what came of a case that was to be sent. One that the pass did not come to is scheduled, to be the
// next pass's first work; intents and outcomes are in the ledger already. A back-fill leaves such a case to its own next
// start, because its operator sets the pace, and the passes from the checkpoint would send all of them at once; so does a plan.
func (f *windowCommit) delivered(c decide.Case, o deliver.Outcome) {
	switch {
	case o.State != store.Scheduled:
	case c.Own.State.Waiting():
		o = reached(waits(c.Own))
	case f.pass.options.Plan != nil, f.pass.options.backfilling() && f.Reaches(c.Resolution()):
		o.Reason = decide.Paused
		f.leave(c.Resolution())
	default:
		f.keep(c, store.Record{State: store.Scheduled, Reason: string(o.Reason), Due: time.Now()})
	}
	f.pass.tell(rowOf(c, o))
}

// leave notes the time of a case that is left for later.
func (f *windowCommit) leave(resolved time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left.IsZero() || resolved.Before(f.left) {
		f.left = resolved
	}
}

// before is up to where a back-fill may come that has left a resolution for later. A search may tell its time
// a little earlier than the conversation did.
func (f *windowCommit) before(resolved time.Time) time.Time {
	at := resolved.Add(-decide.SameWithin)
	switch {
	case at.Before(f.From):
		return f.From
	case at.Before(f.To):
		return at
	}
	return f.To
}

// keep notes a disposition for the record.
func (f *windowCommit) keep(c decide.Case, r store.Record) {
	r.Resolution, r.At = c.Resolution(), time.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(f.entries, store.Entry{Key: c.Key, Record: r})
}

// found counts conversations when they are read; tell counts them again when they have a disposition.
func (p *pass) found(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Found += n
}

// tell counts a disposition and lets it be observed.
func (p *pass) tell(row Row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.tally(row)
	p.name(row)
	p.observer.Observe(Disposed{row})
}

// recordAll records folios in their order. After a write that failed it only waits for what is under way.
func (p *pass) recordAll(folios <-chan *windowCommit) (failed error) {
	for f := range folios {
		f.sending.Wait()
		if failed == nil {
			if failed = p.record(f); failed != nil {
				p.deliverer.Fail(failed)
			}
		}
		f.entries, f.late = nil, nil
		close(f.recorded)
	}
	return failed
}

// record writes the dispositions of a folio, and how far the pass has come if that moves forward, in one transaction.
func (p *pass) record(f *windowCommit) error {
	batch := store.Batch{Entries: f.entries, Late: f.late}
	p.advance(&batch, f)
	if len(batch.Entries) > 0 || len(batch.Late) > 0 || !batch.Checkpoint.IsZero() || batch.Backfill != nil {
		if err := p.ledger.Commit(batch); err != nil {
			return &store.WriteError{Err: fmt.Errorf("record a window: %w; everything is read and recorded up to %s",
				err, p.position().UTC().Format(decide.TimeLayout))}
		}
	}
	p.recorded(batch)
	if f.complete {
		p.observe(WindowRecorded{Window: f.Window, Checkpoint: p.result.Checkpoint, Position: p.position()})
	}
	return nil
}

func (p *pass) recorded(batch store.Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, late := range batch.Late {
		p.result.Late++
		p.result.Latest = max(p.result.Latest, late)
	}
	if !batch.Checkpoint.IsZero() {
		p.result.Checkpoint = batch.Checkpoint
	}
	if batch.Backfill != nil {
		p.result.Backfill = *batch.Backfill
	}
}
