package store

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/bbolt"
)

// mostTenant is the length of the longest tenant, in bytes.
const mostTenant = 1024

// serves refuses a ledger that remembers another tenant than the one it is opened for. One that remembers none, or is
// opened for none, serves any.
func (l *Ledger) serves(o Options) error {
	if o.AcceptTenant {
		return nil
	}
	return l.db.View(func(b *bbolt.Tx) error {
		bound, err := tenantOf(b)
		if err != nil || o.Tenant == "" || bound == "" || bound == o.Tenant {
			return err
		}
		return fmt.Errorf("%w: it is that of %s, this configuration names %s", ErrOtherTenant, bound, o.Tenant)
	})
}

// bind makes a ledger that is open for writing remember whom it is opened for. It writes nothing where that is so already.
func (l *Ledger) bind(o Options) error {
	if o.Tenant == "" {
		return nil
	}
	if err := validTenant(o.Tenant); err != nil {
		return err
	}
	var bound string
	err := l.db.View(func(b *bbolt.Tx) (err error) {
		bound, err = tenantOf(b)
		return err
	})
	if err != nil || bound == o.Tenant {
		return err
	}
	return l.db.Update(func(b *bbolt.Tx) error {
		t, err := l.begin(b)
		if err != nil {
			return err
		}
		if err := t.meta.Put(metaTenant, []byte(o.Tenant)); err != nil {
			return err
		}
		return t.finish()
	})
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
