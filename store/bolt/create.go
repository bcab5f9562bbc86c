package bolt

import (
	"crypto/rand"
	"errors"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// Create makes a new ledger at path; start is where the first window begins. Whatever is at the path already
// stays as it is, and the answer is ErrExists. The ledger is made under another name, checked, and put in its
// place whole: a crash leaves either no ledger or a good one. A fence at the path that some other ledger has
// left behind is ErrRolledBack: that ledger is lost, and a new one would ask everybody again. Of the options
// AllowNetwork, Tenant and Identity count.
func Create(path string, start time.Time, o ...Options) error {
	return explain(path, create(path, start, firstOf(o)))
}

func create(path string, start time.Time, o Options) error {
	if y := start.Year(); y < 2 || y > 9999 {
		return errors.New("the start of the first window is not set; give the time from which conversations count")
	}
	if _, err := os.Lstat(path); err == nil {
		return store.ErrExists
	}
	if err := o.checkPlace(path); err != nil {
		return err
	}
	if err := checkAbandoned(path); err != nil {
		return err
	}
	temp, err := tempFile(path)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := initialize(temp, start, o); err != nil {
		return err
	}
	info, err := verify(temp)
	if err != nil {
		return err
	}
	if err := publish(temp, path); err != nil {
		return err
	}
	return fence{Ledger: info.ID, Transaction: info.Transaction}.write(path) // syncs the directory for both
}

// initialize writes the buckets and the meta values into an empty file; bbolt syncs it.
func initialize(temp string, start time.Time, o Options) error {
	f := file{path: temp}
	if err := f.open(Options{}); err != nil {
		return err
	}
	err := f.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		m := meta{tx.Bucket(bucketMeta)}
		if err := m.setTenant(o.Tenant); err != nil { // its credential is not needed before something is sent
			return err
		}
		if err := m.setIdentity(o.Identity); err != nil {
			return err
		}
		return writeMeta(m, start)
	})
	return errors.Join(err, f.release())
}

func writeMeta(m meta, start time.Time) error {
	id := make([]byte, idBytes)
	rand.Read(id) // never fails (documented)
	for _, e := range []struct{ name, value []byte }{
		{metaFormat, numberValue(uint64(newest(migrations)))},
		{metaID, id},
		{metaTransaction, numberValue(firstTransaction)},
		{metaAccepted, numberValue(0)},
		{metaCounts, new(counts).encode()},
		{metaCreated, sortable(time.Now())},
		{metaStart, sortable(start)},
		{metaCheckpoint, sortable(start)},
		{metaWitnessed, sortable(time.Now())},
	} {
		if err := m.Put(e.name, e.value); err != nil {
			return err
		}
	}
	return nil
}
