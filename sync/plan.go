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

// Planner hears a dry run, and makes the plan of what it would send. It is an [Observer].
type Planner struct {
	plan   plan.Plan
	failed error
}

// NewPlanner begins a plan with a salt of its own. The secret is Agent Connect's API key.
func NewPlanner(secret string) *Planner { return &Planner{plan: plan.New(secret)} }

// Observe takes in what would be sent.
func (p *Planner) Observe(event Event) {
	e, ok := event.(Disposed)
	if !ok || !e.Planned || e.Request == nil {
		return
	}
	hash, err := p.plan.Hash(*e.Request)
	if err != nil {
		p.failed = err
	}
	p.plan.Send = append(p.plan.Send, plan.Planned{
		ID: e.Key.Conversation, Resolution: e.Resolution.UTC(), PerResolution: e.Key.Resolution != 0,
		Kind: e.Key.Kind(), Request: hash,
	})
}

// Plan is the plan of a dry run that has come to its end, to be carried out within some time.
func (p *Planner) Plan(r Result, info store.Info, t plan.Terms, valid time.Duration) (plan.Plan, error) {
	made, conversations := p.plan, 0
	for _, n := range info.Counts {
		conversations += n
	}
	made.Pass, made.Tenant, made.Configuration = r.Pass, t.Tenant, t.Configuration
	made.Made = t.Now.UTC().Truncate(time.Millisecond)
	made.Expires = made.Made.Add(valid)
	made.Ledger = plan.Ledger{
		ID: info.ID, Transaction: info.Transaction, Checkpoint: info.Checkpoint.UTC(),
		Conversations: conversations,
	}
	made.From, made.To, made.Backfill = r.From.UTC(), r.To.UTC(), !r.Backfill.Begun.IsZero()
	made.Found, made.Counts = r.Found, map[string]int{}
	for state, n := range r.Counts {
		made.Counts[state.String()] = n
	}
	slices.SortFunc(made.Send, func(a, b plan.Planned) int {
		return cmp.Or(a.Resolution.Compare(b.Resolution), strings.Compare(a.ID, b.ID))
	})
	return made, p.failed
}

// apply is the stage that carries out a plan: each conversation is read and decided again, and sent if that
// comes to the same request. Anything else is told and not noted: it waits on, or the passes from the
// checkpoint find it.
type apply struct {
	*work
	*planned
	surveyPer decide.SurveyPer
	differing int // not sent, because they are not as planned any more
}

func (a *apply) run(ctx context.Context) error {
	left, err := a.takeUp()
	w := newWindowCommit(a.work, fetch.Window{}, false)
	for err == nil && len(left) > 0 {
		chunk := left[:min(recheckAtOnce, len(left))]
		if err = a.carryOut(ctx, w, chunk); err == nil {
			left = left[len(chunk):]
		}
	}
	w.sending.Wait()
	a.pause(left)
	a.noticeDiffering()
	if err == nil {
		err = a.halted(ctx) // also what ended the last requests
	}
	return err
}

// takeUp settles the plan's doubts, and gives what may be sent by the time of resolution, so that one search
// finds the customers of a chunk.
func (a *apply) takeUp() (cases []decide.Case, err error) {
	known, err := a.ledger.Lookup(slices.Collect(maps.Keys(a.byKey)))
	if err != nil {
		return nil, fmt.Errorf("look up the plan in the ledger: %w", err)
	}
	a.canonicalize(a.surveyPer, known)
	var free, doubtful []store.Entry
	due := 0
	// Always in the same order, so that a course of events can be played again.
	for _, key := range slices.SortedFunc(maps.Keys(a.byKey), func(x, y store.Key) int {
		return cmp.Or(strings.Compare(x.Conversation, y.Conversation), cmp.Compare(x.Resolution, y.Resolution))
	}) {
		entry := store.Entry{Key: key, Record: known[key]}
		if entry.State.Waiting() {
			due++
		}
		if entry.State == store.InDoubt {
			doubtful = append(doubtful, entry)
		} else {
			free = append(free, entry)
		}
	}
	n := len(a.byKey)
	a.tally.edit(func(r *Result) { r.Found, r.Due = r.Found+n, r.Due+due })
	a.tally.observe(Estimated{fetch.Estimate{Conversations: n}})
	a.tally.started()
	again, err := a.doubts.settle(doubtful)
	free = append(free, again...)
	if err == nil {
		free, err = a.giveUp(free)
	}
	for _, entry := range free {
		c := decide.WaitingCase(entry)
		c.Known.Resolution = a.byKey[entry.Key].Resolution
		cases = append(cases, c)
	}
	slices.SortFunc(cases, func(x, y decide.Case) int {
		return cmp.Or(x.Known.Resolution.Compare(y.Known.Resolution),
			strings.Compare(x.Key.Conversation, y.Key.Conversation))
	})
	return cases, err
}

// pause tells of what the pass did not come to.
func (a *apply) pause(left []decide.Case) {
	for _, c := range left {
		if c.Own.Settled() {
			a.differ(c, decide.AlreadySent)
		} else {
			a.tally.disposed(Row{
				Key: c.Key, Resolution: c.Known.Resolution, State: store.Scheduled, Reason: decide.Paused,
			})
		}
	}
}

// carryOut reads and sends some. With an error it has told nothing of any of them.
func (a *apply) carryOut(ctx context.Context, w *windowCommit, cases []decide.Case) error {
	if err := a.halted(ctx); err != nil {
		return err
	}
	read, err := a.fetcher.Recheck(ctx, cases)
	if err != nil {
		return err
	}
	var send []decide.Case
	for _, c := range read {
		if !c.Replacement && a.stands(c) {
			send = append(send, c)
		}
	}
	first, last := a.byKey[cases[0].Key].Resolution, a.byKey[cases[len(cases)-1].Key].Resolution
	a.tally.observe(
		WindowRead{Window: fetch.Window{From: first, To: last}, Found: len(cases), Send: len(send)})
	for _, c := range send {
		a.deliverer.Send(ctx, c, &w.sending, w.delivered)
	}
	return nil
}

// stands reports whether a case is to be sent as planned, and tells what becomes of it if not.
func (a *apply) stands(c decide.Case) bool {
	// a recovery by now: the survey request that was planned has been sent
	if _, known := a.byKey[c.Key]; !known {
		a.differ(c, decide.AlreadySent)
		return false
	}
	switch action := decide.Triage(c, a.clock(), decide.FromLedger); {
	case action.Verb == decide.Keep:
		a.tally.disposed(rowOf(c, asKept(action.Record)))
	case action.Reason == decide.UnreadableRecord:
		a.tally.disposed(rowOf(c, deliver.Outcome{State: store.Scheduled, Reason: action.Reason}))
	case action.Verb == decide.Wait, action.Reason == "" && !a.same(c):
		a.differ(c, decide.PlanChanged)
	case action.Reason != "":
		a.differ(c, action.Reason)
	default:
		return true
	}
	return false
}

func (a *apply) differ(c decide.Case, why decide.Reason) {
	if _, known := a.byKey[c.Key]; !known {
		c.Key.Recovery = false
	}
	if c.Own.Settled() { // whatever became of the conversation since
		why = decide.AlreadySent
	}
	if why != decide.AlreadySent {
		a.differing++
	}
	c.Skip = why
	a.tally.disposed(rowOf(c, deliver.Outcome{State: why.State(), Reason: why, Message: c.Trouble}))
}

func (a *apply) noticeDiffering() {
	if a.differing == 0 {
		return
	}
	anew := "a new plan or the next run decides about them anew"
	if a.plan.Backfill {
		anew = "a new plan of this range, or its back-fill, decides about them anew; a run reads what was " +
			"marked done since the checkpoint"
	}
	a.tally.notice("not as planned any more, and not sent: %d of %d; %s", a.differing, len(a.byKey), anew)
}

// planned is the cursor of a plan. The checkpoint stays: no window is read to its end.
type planned struct {
	fromCheckpoint
	plan  *plan.Plan
	floor time.Time // the ledger knows who was asked about what was marked done since then
	byKey map[store.Key]plan.Planned
}

func newPlanned(ledger Ledger, info store.Info, now time.Time, o Options) (cursor, error) {
	made := o.Plan
	if err := made.Ledger.Check(info); err != nil {
		return nil, err
	}
	if err := made.CheckExpiry(now); err != nil { // it may have waited for the ledger
		return nil, err
	}
	// The plan of a back-fill does not care where the checkpoint is.
	if !made.Backfill {
		if err := notAhead(ledger, info, now, o); err != nil {
			return nil, err
		}
	}
	p := &planned{plan: made, floor: info.Floor, byKey: map[store.Key]plan.Planned{}}
	p.window, p.checkpoint = fetch.Window{From: made.From, To: made.To}, info.Checkpoint
	for _, each := range made.Send {
		p.byKey[each.Key()] = each
	}
	if err := reachable(p.window, now); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *planned) pauses(fetch.Window, time.Time) bool { return true }

// canonicalize takes the keys that the ledger has by now: a pass may have met a resolution meanwhile.
func (p *planned) canonicalize(per decide.SurveyPer, known map[store.Key]store.Record) {
	families, _ := decide.GroupByConversation(known)
	for key, each := range maps.Clone(p.byKey) {
		first := key
		if key.Resolution != 0 && known[key].State == store.Unknown {
			first = per.KeyAt(key, decide.CanonicalTime(each.Resolution, families[key.Conversation]...))
		}
		if _, taken := p.byKey[first]; !taken {
			delete(p.byKey, key)
			p.byKey[first] = each
		}
	}
}

// same reports whether it is the same request for the same resolution, and the ledger would know of a send.
func (p *planned) same(c decide.Case) bool {
	hash, err := p.plan.Hash(c.Request)
	each := p.byKey[c.Key]
	return err == nil && hash == each.Request && decide.SameResolution(c.Resolution(), each.Resolution) &&
		(c.Known.State != store.Unknown || !c.Resolution().Before(p.floor))
}
