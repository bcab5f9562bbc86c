package bolt

import (
	"time"

	"acsync/store"
)

// DefaultTimeout is how long Open waits for the lock unless told otherwise.
const DefaultTimeout = 2 * time.Second

// Options are the choices in opening a ledger; the zero value is right for a pass.
type Options struct {
	Timeout  time.Duration // how long to wait for the lock; 0 is DefaultTimeout, less than 0 tries once
	ReadOnly bool          // share the ledger with other readers; every change is answered with ErrReadOnly
	// bytes beyond which the file does not grow, as if the disk were full; 0 is no limit
	MaxSize int
	Strict  bool // check the whole file in each commit; slow, for tests

	// AcceptFence opens a ledger whatever its fence says, to read it or to mend it. One that its fence does
	// not hold for is distrusted then: the fence stays as it is, and everybody else refuses the ledger, until
	// Adopt.
	AcceptFence bool
	// Tenant is whom the ledger is opened for, in words that messages can show: the accounts, no secrets. The
	// first opening for writing that names one binds the ledger to it; empty opens any.
	Tenant string
	// AcceptTenant opens a ledger whatever tenant it is bound to, and binds it, unless ReadOnly, to Tenant:
	// on an operator's explicit word, for an account whose address has changed.
	AcceptTenant bool
	// Credential is what survey requests are sent with, a secret: the ledger keeps a hash of it, keyed by its
	// own id. The first request that is taken or may have arrived binds the ledger to it, because what one
	// account has been sent says nothing of another; empty opens any.
	Credential string
	// AcceptCredential opens a ledger whatever it is bound to, and binds it, unless ReadOnly, to Credential:
	// on an operator's explicit word, for an account that has got a new key.
	AcceptCredential bool
	// AllowNetwork opens a ledger on a network file system. Whoever sets it vouches for its locks and syncs.
	AllowNetwork bool
	// Identity is what a ledger that Create makes remembers as one; empty is PerConversation.
	Identity store.Identity
}

// firstOf is the first of options that may be left out.
func firstOf(o []Options) Options {
	if len(o) == 0 {
		return Options{}
	}
	return o[0]
}

// checkPlace refuses a place that is not fit for a ledger.
func (o Options) checkPlace(path string) error {
	if o.AllowNetwork {
		return nil
	}
	return network(path)
}
