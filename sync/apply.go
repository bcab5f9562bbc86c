package sync

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/plan"
)

// adhere lets a pass carry out a plan instead of reading windows. The checkpoint stays where it is.
func (p *pass) adhere(made *plan.Plan, info store.Info, now time.Time) error {
	if err := made.Ledger.Check(info); err != nil {
		return err
	}
	if err := made.CheckExpiry(now); err != nil { // it may have waited for the ledger
		return err
	}
	window := fetch.Window{From: made.From, To: made.To}
	if !made.Backfill { // else it does not care where the checkpoint is
		if err := p.notAhead(info, now); err != nil {
			return err
		}
	}
	if err := reachable(window, now); err != nil {
		return err
	}
	p.result.Window = window
	p.collector.StartAt(window.From)
	p.result.Made, p.remembers = made.Made, info.Floor
	p.planned = make(map[store.Key]plan.Planned, len(made.Send))
	for _, each := range made.Send {
		p.planned[each.Key()] = each
	}
	return nil
}

// apply carries out the plan: each of its conversations is read and decided again, and sent if that comes to the same
// request. What is otherwise by now is told and not noted: whatever waits in the ledger goes on to wait, and the passes from
// the checkpoint find the rest by themselves.
func (p *pass) apply(ctx context.Context) error {
	if err := p.adoptIdentity(); err != nil {
		return err
	}
	left, err := p.takePlanned()
	f := p.folio(fetch.Window{}, false)
	for err == nil && len(left) > 0 {
		chunk := left[:min(reread, len(left))]
		if err = p.halted(ctx); err == nil {
			err = p.room()
		}
		if err == nil {
			err = p.carryOut(ctx, f, chunk)
		}
		if err == nil {
			left = left[len(chunk):]
		}
	}
	f.sending.Wait()
	p.putOff(left)
	p.noticeDiffering()
	if err == nil {
		err = p.halted(ctx) // also what ended the last requests
	}
	return err
}

// room tells whether the disk has room for what the ledger is to remember.
func (p *pass) room() error {
	if err := p.ledger.Room(); err != nil {
		return &store.WriteError{Err: err}
	}
	return nil
}

// takePlanned finds out what the ledger knows of the plan's conversations, settles those that are in doubt, and gives those
// that may be sent, by the time of resolution, so that one search finds the customers of those that are read together.
func (p *pass) takePlanned() (cases []decide.Case, err error) {
	var keys []store.Key
	for key := range p.planned {
		keys = append(keys, key)
	}
	known, err := p.ledger.Lookup(keys)
	if err != nil {
		return nil, fmt.Errorf("look up the plan in the ledger: %w", err)
	}
	p.respell(known)
	var free, doubtful []store.Entry
	for key := range p.planned {
		entry := store.Entry{Key: key, Record: known[key]}
		if entry.State.Waiting() {
			p.result.Due++
		}
		if entry.State == store.InDoubt {
			doubtful = append(doubtful, entry)
		} else {
			free = append(free, entry)
		}
	}
	p.found(len(p.planned))
	p.observe(Estimated{fetch.Estimate{Conversations: len(p.planned)}})
	p.observe(PassStarted{Pass: p.result.Pass, Mode: p.result.Mode, DryRun: p.result.DryRun, Window: p.result.Window, Due: p.result.Due})
	again, err := p.settle(doubtful)
	free = append(free, again...)
	if err == nil {
		free, err = p.giveUp(free, time.Now())
	}
	for _, entry := range free {
		cases = append(cases, p.plannedCase(entry))
	}
	slices.SortFunc(cases, func(a, b decide.Case) int {
		return cmp.Or(p.planned[a.Key].Resolution.Compare(p.planned[b.Key].Resolution), strings.Compare(a.Key.Conversation, b.Key.Conversation))
	})
	return cases, err
}

// respell puts what is planned under the keys that the ledger knows by now: a pass may have met a resolution
// meanwhile, as it was told then.
func (p *pass) respell(known map[store.Key]store.Record) {
	families, _ := decide.GroupByConversation(known)
	for key, each := range maps.Clone(p.planned) {
		first := key
		if key.Resolution != 0 && known[key].State == store.Unknown {
			first = p.identity.KeyAt(key, decide.CanonicalTime(each.Resolution, decide.Records(families[key.Conversation])))
		}
		if _, taken := p.planned[first]; !taken {
			delete(p.planned, key)
			p.planned[first] = each
		}
	}
}

// putOff tells what the pass did not come to.
func (p *pass) putOff(left []decide.Case) {
	for _, c := range left {
		if decide.Settled(c.Own) {
			p.differ(c, decide.AlreadySent)
		} else {
			p.tell(Row{Key: c.Key, Resolution: c.Known.Resolution, State: store.Scheduled, Reason: decide.Paused})
		}
	}
}

// plannedCase is a conversation of the plan before it is read again.
func (p *pass) plannedCase(entry store.Entry) decide.Case {
	c := decide.Case{Key: entry.Key, Candidate: decide.Candidate{Known: entry.Record}, Own: entry.Record}
	c.Known.Resolution = p.planned[entry.Key].Resolution
	return c
}

// carryOut reads conversations of the plan again, and hands over those that are still to be sent. It returns an error before it
// has told anything of any of them.
func (p *pass) carryOut(ctx context.Context, f *windowCommit, cases []decide.Case) error {
	read, err := p.collector.Recheck(ctx, cases)
	if err != nil {
		return err
	}
	var send []decide.Case
	for _, c := range read {
		if !c.Replacement && p.stands(c) {
			send = append(send, c)
		}
	}
	first, last := p.planned[cases[0].Key].Resolution, p.planned[cases[len(cases)-1].Key].Resolution
	p.observe(WindowRead{Window: fetch.Window{From: first, To: last}, Found: len(cases), Send: len(send)})
	for _, c := range send {
		p.deliverer.Send(ctx, c, &f.sending, f.delivered)
	}
	return nil
}

// stands tells whether a conversation that was read again is to be sent as planned, and tells what becomes of it if it is not.
func (p *pass) stands(c decide.Case) bool {
	planned, known := p.planned[c.Key]
	if !known { // a recovery by now: the survey request that was planned has been sent
		p.differ(c, decide.AlreadySent)
		return false
	}
	switch action := decide.Triage(c, p.clock(), decide.FromLedger); {
	case action.Verb == decide.Keep:
		p.tell(rowOf(c, waits(action.Record)))
	case action.Reason != "":
		p.differ(c, action.Reason)
	case action.Verb == decide.Wait, !p.same(c, planned):
		p.differ(c, decide.PlanChanged)
	default:
		return true
	}
	return false
}

// same tells whether a conversation comes to the same request, for the same resolution, and the ledger still would know if it
// had been sent meanwhile.
func (p *pass) same(c decide.Case, planned plan.Planned) bool {
	hash, err := p.options.Plan.Hash(c.Request)
	return err == nil && hash == planned.Request && decide.SameResolution(c.Resolution(), planned.Resolution) &&
		(c.Known.State != store.Unknown || !c.Resolution().Before(p.remembers))
}

// differ tells that a conversation is not sent, because it is not as it was planned.
func (p *pass) differ(c decide.Case, why decide.Reason) {
	if _, known := p.planned[c.Key]; !known {
		c.Key.Recovery = false
	}
	if decide.Settled(c.Own) { // whatever became of the conversation since
		why = decide.AlreadySent
	}
	if why != decide.AlreadySent {
		p.differing++
	}
	c.Skip = why
	p.tell(rowOf(c, deliver.Outcome{State: why.State(), Reason: why, Message: c.Trouble}))
}

func (p *pass) noticeDiffering() {
	if p.differing > 0 {
		anew := "a new plan or the next run decides about them anew"
		if p.options.Plan.Backfill {
			anew = "a new plan of this range, or its back-fill, decides about them anew; a run reads what was marked done since the checkpoint"
		}
		p.notice("not as planned any more, and not sent: %d of %d; %s", p.differing, len(p.planned), anew)
	}
}
