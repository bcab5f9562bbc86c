package sync

import (
	"context"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/deliver"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/verify"
)

// Ledger is what a pass needs of the ledger.
type Ledger interface {
	fetch.Lookup      // before deciding
	deliver.IntentLog // before and after each POST
	verify.SettleLog  // of what is in doubt

	Info() (store.Info, error)
	// Recover puts in doubt every intent that was left open.
	Recover(now time.Time) ([]store.Entry, error)
	// Waiting lists what is in one of the states, due or not, the earliest due first.
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	// Reopen takes up again what was rejected: all of the entries, or none.
	Reopen(entries []store.Entry, result store.Result) error
	// Commit writes the dispositions of a window and the checkpoint, or a pass's summary, in one transaction.
	Commit(batch store.Batch) error
	// Runs gives the summaries of past passes, the newest first; a limit of 0 is none.
	Runs(limit int) ([]store.Run, error)
	// Backfill tells how far a back-fill has come; zero for one that was never begun.
	Backfill(from, to time.Time) (store.Backfill, error)
	// Prune forgets what is settled and was marked done before a time, raises the ledger's floor to it, and
	// gives the number of the forgotten keys. It stops between two transactions when the context ends.
	Prune(ctx context.Context, before time.Time) (int, error)
}

// IdentityError tells that the configuration counts surveys otherwise than the ledger does.
type IdentityError struct{ Ledger, Configured store.Identity }

// Error says what happened and what to do.
func (e *IdentityError) Error() string {
	return exit.Told(fmt.Sprintf("sync.survey_per is %q, but this ledger remembers by %s: nothing was read "+
		"or sent", string(e.Configured), e.Ledger), e.Todo())
}

// Todo is what to do.
func (e *IdentityError) Todo() string {
	return fmt.Sprintf("set it back, or convert the ledger: acsync ledger convert --survey-per %s, which "+
		"with --dry-run tells what that means for who is asked", e.Configured)
}

// Topic is the one of the manual that tells more.
func (*IdentityError) Topic() string { return "ledger" }

// ExitClass returns the code that the process ends with.
func (*IdentityError) ExitClass() exit.Code { return exit.Usage }

// checkIdentity refuses a ledger in use that remembers by something else; an unused one is to adopt it.
func checkIdentity(info store.Info, o Options) (adopt bool, err error) {
	have, want := info.Identity.OrDefault(), o.SurveyPer.OrDefault()
	if have != want && len(info.Counts) > 0 {
		return false, &IdentityError{Ledger: have, Configured: want}
	}
	return have != want, nil
}
