package sync

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"acsync/store"
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

// Plan gives the plan of a dry run that has come to its end, with the ledger as it is, to be carried out
// within some time.
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
