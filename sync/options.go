package sync

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/plan"
)

// Options are the settings of an engine.
type Options struct {
	Pass      string         // its id; empty: the engine makes one
	Mode      string         // what the pass is called in reports: "run"
	DryRun    bool           // for reports only: a dry run is made by dryrun.Sender and dryrun.Ledger
	SurveyPer store.Identity // what there is one survey for; empty: the conversation
	// of a back-fill; a zero To means up to now. The zero Window: from the checkpoint to now
	Range   fetch.Window
	Restart bool       // a back-fill begins again, however far it has come
	Plan    *plan.Plan // to be carried out in place of a range; see [plan.Read]. Nil: none
	// a pass from the checkpoint counts what is to come, as a back-fill does; that costs a search
	Estimate bool
	Policy   decide.Policy
	Limits   deliver.Limits
	// survey requests that the first pass of a ledger may create unconfirmed; 0 = any number
	Unconfirmed int
	Confirmed   int           // how many of them the operator has confirmed
	Settle      time.Duration // how long Kustomer's search needs to show a resolution
	Overlap     time.Duration // how far before the checkpoint a pass begins
	Reread      time.Duration // how far a pass reads back once a day; 0 = never
	// what was read longer ago is read again just before it is sent; 0 = always
	Recheck     time.Duration
	Concurrency int // survey requests in flight
	// how long Agent Connect's data have to show a request before its absence counts
	VerifyAfter time.Duration
	Retain      time.Duration           // how long the ledger remembers who was asked; 0 = for ever
	Knock       bool                    // send one request at once, however Agent Connect was found
	Stamp       bool                    // write the intent's id into each survey request
	ExitCode    func(Result, error) int // the exit code, kept with the summary of the pass; nil: 0
}
