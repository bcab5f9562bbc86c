package postgres

import (
	"bytes"
	"slices"

	"acsync/store"
)

// bind makes a ledger remember whom it is opened for, and another credential where that was accepted.
func bind(t *txn) {
	o := t.of.options
	if o.Tenant != "" {
		t.tenant = o.Tenant
	}
	if t.credential != nil && o.Credential != "" {
		if hash := store.HashCredential(t.id, o.Credential); !bytes.Equal(hash, t.credential) {
			t.credential, t.credentialSince = hash, t.intents
		}
	}
}

// prove binds a ledger to the credential of the first request that was taken, refused, or may have arrived: a
// key that is wrong altogether binds nothing.
func prove(t *txn, to store.State) {
	proven := slices.Contains([]store.State{store.Accepted, store.Rejected, store.InDoubt}, to)
	if proven && t.of.options.Credential != "" && t.credential == nil {
		t.credential, t.credentialSince = store.HashCredential(t.id, t.of.options.Credential), t.of.before
	}
}
