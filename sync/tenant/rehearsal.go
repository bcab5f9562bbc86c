package tenant

import (
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/config"
)

// Rehearsal is what makes a tenant one whose survey requests all go to the test address. Its ledger lies
// beside the real one, which it never opens, and is made when it is missing.
type Rehearsal struct {
	Start   time.Time // where the first window of its ledger begins
	Restart bool      // forget the rehearsals before, and begin anew

	real config.Config // of the tenant that rehearses
}

// afresh says of a ledger of rehearsals that cannot be used how to begin anew. What is not known to be one,
// as its file cannot be read, is for people to take away.
func (r *Rehearsal) afresh(path string, cause, err error) error {
	const harmless = "%s: %w. It is of rehearsals, and nobody real was asked: "
	switch {
	case errors.Is(err, store.ErrMissing), errors.Is(err, store.ErrDamaged):
		return fmt.Errorf(harmless+"remove it and its fence, and acsync rehearse makes another", path, cause)
	case errors.Is(err, store.ErrRolledBack), errors.Is(err, store.ErrOtherTenant):
		return fmt.Errorf(harmless+"acsync rehearse --restart begins anew", path, cause)
	case errors.Is(err, store.ErrOtherCredential):
		return fmt.Errorf(harmless+"make sure that agent_connect.test_api_key is the test key, and not the "+
			"production key; then acsync rehearse --restart begins anew", path, cause)
	}
	return err
}
