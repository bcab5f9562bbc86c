package report

import (
	"time"

	"acsync/store"
	surveysync "acsync/sync"
)

// Pass is what is known of one pass when it has ended.
type Pass struct {
	surveysync.Result
	Tenant    string // the organisation, or "sandbox"
	Here      string // the flags that point a command at the same ledger; empty, or begins with a blank
	Calls     Calls
	Attention []surveysync.Row // some of the rejected and in doubt
	// what ended it before its end: SIGINT, max-duration, credentials …; empty for nothing
	EndedBy string
}

// backfill reports whether the pass has a range of its own, and was begun.
func (p Pass) backfill() bool { return !p.Backfill.Begun.IsZero() }

// paused reports whether the pass is a back-fill that has something left to do.
func (p Pass) paused() bool { return p.backfill() && !p.DryRun && p.Position().Before(p.To) }

// planned reports whether the pass carries out a plan.
func (p Pass) planned() bool { return !p.Made.IsZero() }

// duration is how long the pass took.
func (p Pass) duration() time.Duration { return p.Ended.Sub(p.Started) }

// dispositions counts what became of the conversations, and why.
func (p Pass) dispositions() []Disposition {
	list := []Disposition{}
	states := map[string]store.State{}
	for _, state := range store.States() {
		states[state.String()] = state
	}
	for _, d := range dispositions {
		state, n := states[d.name], p.Counts[states[d.name]]
		switch {
		case d.name == wouldSend && p.DryRun:
			n = p.Planned
		case d.name == wouldSend:
			n = 0
		case state == store.Rejected && p.Reasons.Broken() > 0:
			d.meaning = refusedOrFailed
		case state == store.Scheduled && p.planned():
			d.meaning = "as planned, and left for now"
		}
		if n == 0 {
			continue
		}
		counted := Disposition{
			Name: d.name, Count: n, Share: ratio(n, p.Found), Meaning: d.meaning,
			Reasons: []ReasonCount{},
		}
		if d.name != wouldSend {
			for _, reason := range byFrequency(p.Reasons[state]) {
				n := p.Reasons[state][reason]
				counted.Reasons = append(counted.Reasons, ReasonCount{
					Reason: string(reason), Count: n,
					Share: ratio(n, p.Found), Meaning: reason.Explain(),
				})
			}
		}
		list = append(list, counted)
	}
	return list
}

// Calls counts the requests to both services, each attempt by itself.
type Calls struct {
	Kustomer         int `json:"kustomer"` // all of them, searches included
	KustomerSearch   int `json:"kustomer_search"`
	AgentConnect     int `json:"agent_connect"`
	AgentConnectData int `json:"agent_connect_data"`
}
