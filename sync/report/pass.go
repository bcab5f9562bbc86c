package report

import (
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
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

// counts are those of the dispositions, with what a real pass would send.
func (p Pass) counts() map[string]int {
	counts := map[string]int{wouldSend: p.Planned}
	for state, n := range p.Counts {
		counts[state.String()] = n
	}
	return counts
}

// dispositions counts what became of the conversations, and why.
func (p Pass) dispositions() []Disposition {
	reasons := map[string]map[decide.Reason]int{}
	for state, counts := range p.Reasons {
		reasons[state.String()] = counts
	}
	list := countDispositions(p.counts(), p.Found, p.Reasons.Broken() > 0)
	for i, d := range list {
		list[i].Reasons = countReasons(reasons[d.Name], p.Found)
		if d.Name == store.Scheduled.String() && p.planned() {
			list[i].Meaning = "as planned, and left for now"
		}
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
