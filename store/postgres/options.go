package postgres

import (
	"time"

	"acsync/store"
)

// DefaultLease and DefaultQuarantine are those of Options that do not say.
const (
	DefaultLease      = 90 * time.Second
	DefaultQuarantine = time.Hour
)

// Options are the choices in opening a ledger; the zero value is right for a pass.
type Options struct {
	ReadOnly bool          // every change is answered with ErrReadOnly; a pass may go on meanwhile
	Timeout  time.Duration // how long to wait for the lease; 0 is two seconds, less than 0 tries once

	// AcceptFence opens a ledger that is distrusted, or whose database has another history, to mend it. It is
	// refused to everybody else until Adopt.
	AcceptFence bool
	// Tenant is whom the ledger is opened for, in words that messages can show: the accounts, no secrets. The
	// first opening for writing that names one binds the ledger to it; empty opens any.
	Tenant string
	// Credential is what survey requests are sent with, a secret, of which the ledger keeps a hash. The first
	// request that is taken or may have arrived binds the ledger to it; empty opens any.
	Credential string
	// AcceptTenant and AcceptCredential open a ledger whatever it is bound to, and bind it anew unless
	// ReadOnly.
	AcceptTenant, AcceptCredential bool
	// TestCredential is what rehearsals are sent with, a secret; empty for none.
	TestCredential string
	// Rehearsal is a ledger whose survey requests reach no customer. One that Create makes with it is marked
	// for good: it opens with Rehearsal alone, and no other does.
	Rehearsal bool
	// Identity is what a ledger that Create makes remembers as one; empty is PerConversation.
	Identity store.Identity
	// Distrusted is a ledger that Create makes to be filled by a repair.
	Distrusted bool

	// Lease is how long a ledger stays with a holder that says nothing; 0 is DefaultLease.
	Lease time.Duration
	// Quarantine is how long nothing is taken for lost after a holder that has not let go; 0 is
	// DefaultQuarantine.
	Quarantine time.Duration
	// AllowAsyncStandby takes a server with standbys that no commit waits for.
	AllowAsyncStandby bool
}

func (o Options) lease() time.Duration {
	if o.Lease > 0 {
		return o.Lease
	}
	return DefaultLease
}

func (o Options) quarantine() time.Duration {
	if o.Quarantine > 0 {
		return o.Quarantine
	}
	return DefaultQuarantine
}
