package tenant

import (
	"errors"
	"fmt"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/exit"
)

// Rehearsal is what makes a tenant one whose survey requests all go to the test address. Its ledger lies
// beside the real one, which it never opens, and is made when it is missing.
type Rehearsal struct {
	Start   time.Time // where the first window of its ledger begins
	Restart bool      // forget the rehearsals before, and begin anew

	real config.Config // of the tenant that rehearses
}

const (
	anew            = "acsync rehearse --restart begins anew"
	aboutRehearsals = "switchover" // the topic of the manual
)

// afresh says of a ledger of rehearsals that cannot be used how to begin anew. What is not known to be one,
// as its file cannot be read, is for people to take away.
func (r *Rehearsal) afresh(cause, err error) error {
	code, _ := exit.Of(err)
	todo := ""
	switch {
	case errors.Is(err, store.ErrMissing), errors.Is(err, store.ErrDamaged):
		todo = "remove it and its fence, and acsync rehearse makes another"
	case errors.Is(err, store.ErrOtherCredential):
		todo = "make sure that agent_connect.test_api_key is the test key, and not the production key; then " +
			anew
	case code == exit.LedgerDamaged:
		todo = anew
	default:
		return err
	}
	return exit.Advise(fmt.Errorf("%w. It is of rehearsals, and nobody real was asked", cause), todo,
		aboutRehearsals)
}

// Advise replaces the advice of a pass that does not go with its ledger, which is about the real one.
func (r *Rehearsal) Advise(err error) error {
	// The key of production is not to be touched for it.
	if errors.Is(err, deliver.ErrRefused) {
		return exit.Advise(
			exit.New(exit.Credentials, "the test key was refused by Agent Connect; nothing more was sent"),
			"it is wrong, expired, or of another account: see agent_connect.test_api_key_file or "+
				"AGENT_CONNECT_TEST_API_KEY", "agent-connect")
	}
	what := ""
	if e, ok := errors.AsType[*surveysync.IdentityError](err); ok {
		what = fmt.Sprintf("they remember by %s, and sync.survey_per is %q", e.Ledger, string(e.Configured))
	}
	if e, ok := errors.AsType[*surveysync.AheadError](err); ok {
		what = fmt.Sprintf("they have come to %s, and Kustomer's clock says %s", decide.Format(e.Checkpoint),
			decide.Format(e.Now))
	}
	if e, ok := errors.AsType[*surveysync.TooOldError](err); ok {
		what = fmt.Sprintf("they have come to %s, and Kustomer's search shows nothing before %s",
			decide.Format(e.From), decide.Format(e.Limit))
	}
	if what == "" {
		return err
	}
	return exit.Advise(exit.New(exit.Usage, "the rehearsals before do not go with this one: "+what+
		". Nothing was read or sent"), anew, aboutRehearsals)
}
