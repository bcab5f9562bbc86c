package sync

import (
	"cmp"
	"context"
	"fmt"

	"acsync/store"
	"acsync/sync/decide"
)

// IdentityError tells that the configuration counts surveys otherwise than the ledger did so far.
type IdentityError struct{ Ledger, Configured store.Identity }

// Error says what the change would mean and how to confirm it.
func (e *IdentityError) Error() string {
	meaning := "a conversation that was asked about and is marked done again would be asked about again, " +
		"those among them that a pass finds in its overlap with the last one or in a back-fill"
	if e.Configured == store.PerConversation {
		meaning = "a conversation that was asked about once would never be asked about again, however " +
			"often it is marked done"
	}
	return fmt.Sprintf("sync.survey_per is %q, but this ledger was kept with %q: nothing was read or sent. "+
		"With the change %s; nobody is asked twice about one and the same resolution. Set it back, or "+
		"confirm the change once with --accept-identity-change, which with --dry-run shows what it would do",
		string(e.Configured), string(e.Ledger), meaning)
}

// checkIdentity refuses a change of identity that nobody has confirmed, on a ledger in use, and reports
// whether the ledger is to adopt another.
func checkIdentity(info store.Info, o Options) (adopt bool, err error) {
	have, want := cmp.Or(info.Identity, store.PerConversation), decide.SurveyPerOr(o.SurveyPer)
	if have == want {
		return false, nil
	}
	if len(info.Counts) > 0 && !o.AcceptIdentity {
		return false, &IdentityError{Ledger: have, Configured: want}
	}
	return true, nil
}

// adoptIdentity is the stage that writes down a change of identity, before anything is decided under it.
type adoptIdentity struct {
	ledger   WindowStore
	identity store.Identity
}

// Run does it.
func (a adoptIdentity) Run(context.Context) error {
	if err := a.ledger.Commit(store.Batch{Identity: a.identity}); err != nil {
		return &store.WriteError{Err: fmt.Errorf(
			"write down the change of sync.survey_per: %w; nothing was sent", err)}
	}
	return nil
}
