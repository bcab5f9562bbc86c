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
		return errors.New(
			"the start of the first window is not set; give the time from which conversations count")
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
	info, err := build(path, func(temp string) error { return initialize(temp, start, o) })
	if err != nil {
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
		m := &meta{bucket: tx.Bucket(bucketMeta)}
		writeMeta(m, start, o)
		return m.err
	})
	return errors.Join(err, f.release())
}

func writeMeta(m *meta, start time.Time, o Options) {
	id := make([]byte, idBytes)
	rand.Read(id) // never fails (documented)
	m.put(metaID, id)
	m.putNumber(metaFormat, uint64(newest(migrations)))
	m.putNumber(metaTransaction, firstTransaction)
	m.putNumber(metaAccepted, 0)
	m.put(metaCounts, new(counts).encode())
	m.putTime(metaCreated, time.Now())
	m.putTime(metaStart, start)
	m.putTime(metaCheckpoint, start)
	m.putTime(metaWitnessed, time.Now())
	m.setTenant(o.Tenant) // its credential is not needed before something is sent
	m.setIdentity(o.Identity)
}
