// Package report holds what is told of a pass and of the ledger, and its renderers: a table for people and JSON for
// programs. It shows counts, ids, reasons and times.
package report

import (
	"time"

	surveysync "acsync/sync"
)

// Pass is the report of one pass.
type Pass struct {
	surveysync.Result
	Tenant    string // for the heading: the organisation, or "sandbox"
	Here      string // the flags that point a command at the same ledger; empty, or begins with a blank
	Calls     Calls
	Attention []surveysync.Row // some of the rejected and in doubt
	EndedBy   string           // what ended it before its end: SIGINT, max-duration, credentials …; empty for nothing
}

// backfill tells whether the pass has a range of its own, and was begun.
func (p Pass) backfill() bool { return !p.Backfill.Begun.IsZero() }

// paused tells whether the pass is a back-fill that has something left to do.
func (p Pass) paused() bool { return p.backfill() && !p.DryRun && p.Position().Before(p.To) }

// planned tells whether the pass carries out a plan.
func (p Pass) planned() bool { return !p.Made.IsZero() }

// Calls counts the requests to both services, each attempt by itself.
type Calls struct {
	Kustomer         int `json:"kustomer"` // all of them, searches included
	KustomerSearch   int `json:"kustomer_search"`
	AgentConnect     int `json:"agent_connect"`
	AgentConnectData int `json:"agent_connect_data"`
}

// duration is how long the pass took.
func (p Pass) duration() time.Duration { return p.Ended.Sub(p.Started) }
