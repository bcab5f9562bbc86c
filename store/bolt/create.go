package bolt

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// Create makes a new ledger at path; start is where the first window begins. Whatever is at the path already stays as it
// is, and the answer is ErrExists. The ledger is made under another name, checked, and put in its place whole: a
// crash leaves either no ledger or a good one. A fence at the path that some other ledger has left behind is
// ErrRolledBack: that ledger is lost, and a new one would ask everybody again. Of the options AllowNetwork, Tenant and
// Identity count.
func Create(path string, start time.Time, o ...Options) error {
	return explain(path, create(path, start, choice(o)))
}

func create(path string, start time.Time, o Options) error {
	if y := start.Year(); y < 2 || y > 9999 {
		return errors.New("the start of the first window is not set; give the time from which conversations count")
	}
	if _, err := os.Lstat(path); err == nil {
		return store.ErrExists
	}
	if err := suited(path, o); err != nil {
		return err
	}
	if err := abandoned(path); err != nil {
		return err
	}
	temp, first, err := build(path, start, o)
	if temp != "" {
		defer os.Remove(temp)
	}
	if err != nil {
		return err
	}
	if err := publish(temp, path); err != nil {
		return err
	}
	return first.write(path) // syncs the directory for both
}

// build makes a ledger in a temporary file of the same directory, reads it back, and gives what its fence has to say.
func build(path string, start time.Time, o Options) (temp string, first fence, err error) {
	if temp, err = tempFile(path); err != nil {
		return "", fence{}, err
	}
	if err := initialise(temp, start, o); err != nil {
		return temp, fence{}, err
	}
	info, err := verify(temp)
	return temp, fence{Ledger: info.ID, Transaction: info.Transaction}, err
}

// initialise writes the buckets and the meta values into an empty file; bbolt syncs it.
func initialise(temp string, start time.Time, o Options) error {
	if err := validTenant(o.Tenant); err != nil {
		return err
	}
	l := &Ledger{path: temp}
	db, err := bbolt.Open(temp, 0o600, l.boltOptions(Options{}))
	if err != nil {
		return err
	}
	db.AllocSize = growth
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketKeys, bucketIntents, bucketDue, bucketRuns, bucketReasons, bucketBackfills} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := writeMeta(meta, start, o); err != nil {
			return err
		}
		return (&txn{meta: meta}).identify(o.Identity)
	})
	return errors.Join(err, db.Close())
}

func writeMeta(meta *bbolt.Bucket, start time.Time, o Options) error {
	id := make([]byte, idBytes)
	rand.Read(id) // never fails (documented)
	for _, e := range []struct{ name, value []byte }{
		{metaFormat, formatValue(newest(migrations))},
		{metaID, id},
		{metaTransaction, numberValue(firstTransaction)},
		{metaAccepted, numberValue(0)},
		{metaCounts, new(counts).encode()},
		{metaCreated, sortable(time.Now())},
		{metaStart, sortable(start)},
		{metaCheckpoint, sortable(start)},
		{metaWitnessed, sortable(time.Now())},
	} {
		if err := meta.Put(e.name, e.value); err != nil {
			return err
		}
	}
	if o.Tenant == "" {
		return nil
	}
	return meta.Put(metaTenant, []byte(o.Tenant)) // its credential is not needed before something is sent
}

// publish gives the finished file its name, unless that is taken. A hard link does so in one step; where the file
// system has none, an empty file claims the name first.
func publish(temp, path string) error {
	err := os.Link(temp, path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return store.ErrExists
	}
	return claim(temp, path)
}

// claim takes the name with an empty file and renames over it. A crash in between leaves the empty file, which Open
// takes for a damaged ledger, never for a new one.
func claim(temp, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return store.ErrExists
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// syncDir makes the name itself durable. Windows cannot sync a directory, and needs not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("the directory %s could not be synced: %w", dir, err)
	}
	return nil
}
