package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"
)

// Create makes a new ledger at path; start is where the first window begins. Whatever is at the path already stays as it
// is, and the answer is ErrExists. The ledger is made under another name, checked, and put in its place whole: a
// crash leaves either no ledger or a good one.
func Create(path string, start time.Time) error {
	return explain(path, create(path, start))
}

func create(path string, start time.Time) error {
	if y := start.Year(); y < 2 || y > 9999 {
		return errors.New("the start of the first window is not set; give the time from which conversations count")
	}
	if _, err := os.Lstat(path); err == nil {
		return ErrExists
	}
	temp, err := build(path, start)
	if temp != "" {
		defer os.Remove(temp)
	}
	if err != nil {
		return err
	}
	if err := publish(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// build makes a ledger in a temporary file of the same directory and reads it back.
func build(path string, start time.Time) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", err
	}
	temp = f.Name()
	if err := f.Close(); err != nil {
		return temp, err
	}
	if err := initialise(temp, start); err != nil {
		return temp, err
	}
	l, err := open(temp, Options{ReadOnly: true}, migrations)
	if err != nil {
		return temp, err
	}
	return temp, l.Close()
}

// initialise writes the buckets and the meta values into an empty file; bbolt syncs it.
func initialise(temp string, start time.Time) error {
	l := &Ledger{path: temp}
	db, err := bbolt.Open(temp, 0o600, l.boltOptions(Options{}))
	if err != nil {
		return err
	}
	db.AllocSize = growth
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketKeys, bucketIntents, bucketDue, bucketRuns, bucketReasons} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return writeMeta(tx.Bucket(bucketMeta), start)
	})
	return errors.Join(err, db.Close())
}

func writeMeta(meta *bbolt.Bucket, start time.Time) error {
	id := make([]byte, idBytes)
	rand.Read(id) // never fails (documented)
	for _, e := range []struct{ name, value []byte }{
		{metaFormat, formatValue(newest(migrations))},
		{metaID, id},
		{metaCounts, new(counts).encode()},
		{metaCreated, sortable(time.Now())},
		{metaStart, sortable(start)},
		{metaCheckpoint, sortable(start)},
	} {
		if err := meta.Put(e.name, e.value); err != nil {
			return err
		}
	}
	return nil
}

// publish gives the finished file its name, unless that is taken. A hard link does so in one step; where the file
// system has none, an empty file claims the name first.
func publish(temp, path string) error {
	err := os.Link(temp, path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	}
	return claim(temp, path)
}

// claim takes the name with an empty file and renames over it. A crash in between leaves the empty file, which Open
// takes for a damaged ledger, never for a new one.
func claim(temp, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
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
		return fmt.Errorf("the ledger was made, but its directory could not be synced: %w", err)
	}
	return nil
}
