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
	Mode           string         // what the pass is called in reports: "run"
	DryRun         bool           // for reports only: a dry run is made by dryrun.Sender and dryrun.Ledger
	SurveyPer      store.Identity // what there is one survey for; empty: the conversation
	AcceptIdentity bool           // the operator has confirmed that SurveyPer is another than the ledger was kept with
	Range          fetch.Window   // of a back-fill; a zero To means up to now. The zero Window: from the checkpoint to now
	Restart        bool           // a back-fill begins again, however far it has come
	Plan           *plan.Plan     // to be carried out in place of a range; see [plan.Read]. Nil: none
	Policy         decide.Policy
	Limits         deliver.Limits
	Unconfirmed    int                     // survey requests that the first pass of a ledger may create unconfirmed; 0 = any number
	Confirmed      int                     // how many of them the operator has confirmed
	Settle         time.Duration           // how long Kustomer's search needs to show a resolution
	Overlap        time.Duration           // how far before the checkpoint a pass begins
	Recheck        time.Duration           // what was read longer ago is read again just before it is sent; 0 = always
	Concurrency    int                     // survey requests in flight
	VerifyAfter    time.Duration           // how long Agent Connect's data have to show a request before its absence counts
	Retain         time.Duration           // how long the ledger remembers who was asked; 0 = for ever
	Stamp          bool                    // write the intent's id into each survey request
	Verdict        func(Result, error) int // the exit code, kept with the summary of the pass; nil: 0
}
