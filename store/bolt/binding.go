package bolt

import (
	"crypto/hmac"
	"fmt"

	"acsync/store"
)

// binding is whom a ledger was opened for. What is empty binds nothing.
type binding struct {
	tenant     string
	credential string
	test       string // the credential of rehearsals
	before     uint64 // intents given before this opening
}

// check refuses a ledger that remembers another tenant or credential; what is empty on either side fits any.
func (b binding) check(m *meta, o Options) error {
	bound := m.tenant()
	hash := m.get(metaCredential)
	switch {
	case m.err != nil:
		return m.err
	case !o.AcceptTenant && b.tenant != "" && bound != "" && bound != b.tenant:
		return fmt.Errorf("%w: it is that of %s, this configuration names %s",
			store.ErrOtherTenant, bound, b.tenant)
	case b.onlyRehearsed(m, hash):
		return fmt.Errorf("%w: it has sent with the test key alone", errOnlyRehearsed)
	case !o.AcceptCredential && b.credential != "" && hash != nil && !hmac.Equal(hash, b.hash(m)):
		return store.ErrOtherCredential
	}
	return nil
}

// onlyRehearsed reports whether a ledger that is opened for another credential never sent with any but that
// of rehearsals. Nobody real was asked then, and accepting the other credential would note them as asked.
func (b binding) onlyRehearsed(m *meta, hash []byte) bool {
	return hash != nil && b.test != "" && b.credential != "" && b.test != b.credential &&
		m.optional(metaBoundAt) == 0 && hmac.Equal(hash, hashOf(m, b.test))
}

// bind makes a ledger remember whom it is opened for, and another credential where that was accepted.
func (b binding) bind(t *txn) {
	t.meta.setTenant(b.tenant)
	hash := t.meta.get(metaCredential)
	if hash != nil && b.credential != "" && !hmac.Equal(hash, b.hash(t.meta)) {
		b.setCredential(t, t.records.intents.Sequence())
	}
}

// prove binds a ledger to the credential of the first request that was taken, refused, or may have arrived: a
// key that is wrong altogether binds nothing.
func (b binding) prove(t *txn, to store.State) {
	proven := to == store.Accepted || to == store.Rejected || to == store.InDoubt
	if proven && b.credential != "" && t.meta.get(metaCredential) == nil {
		b.setCredential(t, b.before)
	}
}

// setCredential also notes how many intents may have been sent with other credentials.
func (b binding) setCredential(t *txn, before uint64) {
	t.meta.putNumber(metaBoundAt, before)
	t.meta.put(metaCredential, b.hash(t.meta))
}

// hash is the hash of the credential that a ledger keeps.
func (b binding) hash(m *meta) []byte { return hashOf(m, b.credential) }

// hashOf is another one in each ledger.
func hashOf(m *meta, credential string) []byte { return store.HashCredential(m.id(), credential) }
