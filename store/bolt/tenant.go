package bolt

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// mostTenant is the length of the longest tenant, in bytes.
const mostTenant = 1024

// credentialBytes is the length of the hash of a credential.
const credentialBytes = 16

// serves refuses a ledger that remembers another tenant, or another credential, than it is opened for. One
// that remembers none, or is opened for none, serves any.
func (l *Ledger) serves(o Options) error {
	return l.db.View(func(b *bbolt.Tx) error {
		bound, err := tenantOf(b)
		switch {
		case err != nil:
			return err
		case !o.AcceptTenant && o.Tenant != "" && bound != "" && bound != o.Tenant:
			return fmt.Errorf("%w: it is that of %s, this configuration names %s", store.ErrOtherTenant, bound, o.Tenant)
		case o.AcceptCredential || o.Credential == "":
			return nil
		}
		meta := b.Bucket(bucketMeta)
		id, err := readID(meta)
		if hash := meta.Get(metaCredential); err == nil && hash != nil && !hmac.Equal(hash, hashed(o.Credential, id)) {
			return store.ErrOtherCredential
		}
		return err
	})
}

// bind makes a ledger that is open for writing remember whom it is opened for, and what requests are sent
// with from now on, where it was bound to something else and that is accepted.
func (t *txn) bind(o Options) error {
	if o.Tenant != "" {
		if err := validTenant(o.Tenant); err != nil {
			return err
		}
		if err := t.meta.Put(metaTenant, []byte(o.Tenant)); err != nil {
			return err
		}
	}
	hash := t.meta.Get(metaCredential)
	if hash == nil || o.Credential == "" || hmac.Equal(hash, hashed(o.Credential, t.ledger)) {
		return nil
	}
	return t.credit(o.Credential, t.intents.Sequence())
}

// commitTo binds a ledger that is not bound yet to what a request was sent with that was taken, refused, or
// may have arrived: a key that is wrong altogether binds nothing. All that was begun in this opening is sent
// with the same.
func (l *Ledger) commitTo(t *txn, r store.Result) error {
	proven := r.State == store.Accepted || r.State == store.Rejected || r.State == store.InDoubt
	if !proven || l.bound.Credential == "" || t.meta.Get(metaCredential) != nil {
		return nil
	}
	return t.credit(l.bound.Credential, l.before)
}

// credit binds the ledger to a credential, and notes how many intents may have been sent with others.
func (t *txn) credit(credential string, before uint64) error {
	if err := t.meta.Put(metaBoundAt, numberValue(before)); err != nil {
		return err
	}
	return t.meta.Put(metaCredential, hashed(credential, t.ledger))
}

// hashed is the hash of a credential that a ledger keeps: another one in each ledger.
func hashed(credential, ledger string) []byte {
	mac := hmac.New(sha256.New, []byte("acsync ledger "+ledger))
	mac.Write([]byte(credential))
	return mac.Sum(nil)[:credentialBytes]
}

func tenantOf(b *bbolt.Tx) (string, error) {
	meta := b.Bucket(bucketMeta)
	if meta == nil {
		return "", damaged("the bucket %q is not there; it may not be a ledger", bucketMeta)
	}
	return readTenant(meta)
}

// readTenant reads whom the ledger serves; empty as long as that was never told.
func readTenant(meta *bbolt.Bucket) (string, error) {
	tenant := string(meta.Get(metaTenant))
	if validTenant(tenant) != nil {
		return "", damaged("its tenant is not text")
	}
	return tenant, nil
}

// validTenant holds what is kept, and shown in messages, to text of one line.
func validTenant(tenant string) error {
	if len(tenant) > mostTenant || !utf8.ValidString(tenant) {
		return fmt.Errorf("the name of a tenant is text of at most %d bytes", mostTenant)
	}
	for _, r := range tenant {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("the name of a tenant has no character %U", r)
		}
	}
	return nil
}
