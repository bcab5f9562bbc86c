package sync

import (
	"context"
	"fmt"

	"acsync/store"
	"acsync/sync/exit"
)

// IdentityError tells that the configuration counts surveys otherwise than the ledger does.
type IdentityError struct{ Ledger, Configured store.Identity }

// Error says what happened and what to do.
func (e *IdentityError) Error() string {
	return fmt.Sprintf("sync.survey_per is %q, but this ledger remembers by %s: nothing was read or sent. "+
		"Set it back, or convert the ledger: acsync ledger convert --survey-per %s, which with --dry-run tells "+
		"what that means for who is asked",
		string(e.Configured), e.Ledger, e.Configured)
}

// ExitClass returns the code that the process ends with.
func (*IdentityError) ExitClass() exit.Code { return exit.Usage }

// checkIdentity refuses a ledger in use that remembers by something else, and reports whether an unused one
// is to remember as the configuration wants.
func checkIdentity(info store.Info, o Options) (adopt bool, err error) {
	have, want := info.Identity.OrDefault(), o.SurveyPer.OrDefault()
	if have != want && len(info.Counts) > 0 {
		return false, &IdentityError{Ledger: have, Configured: want}
	}
	return have != want, nil
}

// adoptIdentity is the stage that writes down the identity of an unused ledger, before anything is decided.
type adoptIdentity struct {
	ledger   WindowStore
	identity store.Identity
}

// Run does it.
func (a adoptIdentity) Run(context.Context) error {
	if err := a.ledger.Commit(store.Batch{Identity: a.identity}); err != nil {
		return &store.WriteError{Err: fmt.Errorf(
			"write down sync.survey_per: %w; nothing was sent", err)}
	}
	return nil
}
