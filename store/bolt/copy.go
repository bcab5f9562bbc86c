package bolt

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

const compactBytes = 1 << 20

// Create makes a new ledger at path; start is where the first window begins. What is at the path already
// stays, and the answer is ErrExists. The ledger is made under another name, checked, and put in its place
// whole: a crash leaves either none or a good one. A fence that another ledger has left at the path, or a
// witness of one that was there, is ErrRolledBack: a new one would ask everybody again. Of the options
// AllowNetwork, Tenant, Identity, Place, Rehearsal and Distrusted count.
func Create(path string, start time.Time, o ...Options) error {
	return explain(path, create(path, start, cmp.Or(o...)))
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
	if err := checkAbandoned(path, o.Place); err != nil {
		return err
	}
	// The first opening begins the witness; that it can is better known now.
	place, err := newPlaced(path, o.Place)
	if err != nil {
		return err
	}
	if err := place.witness.prepare(); err != nil {
		return err
	}
	write := func(temp string) error { return initialize(temp, start, o) }
	return build(path, write, func(temp string, made store.Info) error {
		if err := publish(temp, path); err != nil {
			return err
		}
		// Syncs the directory for both.
		return fence{Ledger: made.ID, Transaction: made.Transaction}.write(path)
	})
}

// removeTemporary removes what a crash has left of an earlier attempt to make a file in the place of a
// ledger. Nobody else works on one that is held.
func removeTemporary(path string) error {
	dir, base := filepath.Split(path)
	return removeAll(cmp.Or(dir, "."), regexp.MustCompile(`^\.`+regexp.QuoteMeta(base)+`\.\d+\.tmp$`))
}

// build makes a ledger under another name, checks it, and puts it in its place, with what it says of itself.
func build(path string, write func(temp string) error, place func(temp string, info store.Info) error) error {
	temp, err := tempFile(path)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	// A copy becomes that of its ledger's owner. A disk without owners holds a ledger as well.
	_ = GiveToFolder(temp)
	if err := write(temp); err != nil {
		return err
	}
	info, err := verify(temp)
	if err != nil {
		return err
	}
	return place(temp, info)
}

func verify(temp string) (store.Info, error) {
	o := Options{ReadOnly: true, AcceptFence: true, AllowNetwork: true, anyKind: true}
	l, err := open(temp, o, migrations)
	if err != nil {
		return store.Info{}, err
	}
	info, err := l.Info()
	if err == nil {
		err = l.Check(context.Background())
	}
	return info, errors.Join(err, l.Close())
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
		id := make([]byte, idBytes)
		rand.Read(id) // never fails (documented)
		m.put(metaID, id)
		m.putNumber(metaFormat, uint64(newest(migrations)))
		m.putNumber(metaTransaction, firstTransaction)
		m.putNumber(metaAccepted, 0)
		m.put(metaCounts, counts{}.encode())
		m.putTime(metaCreated, time.Now())
		m.putTime(metaStart, start)
		m.putTime(metaCheckpoint, start)
		m.putTime(metaWitnessed, time.Now())
		m.setTenant(o.Tenant) // its credential is not needed before something is sent
		m.setIdentity(o.Identity)
		if o.Rehearsal {
			m.put(metaRehearsal, []byte{1})
		}
		if o.Distrusted {
			m.put(metaDistrusted, []byte{1})
		}
		return m.err
	})
	return errors.Join(err, f.release())
}

// Copier makes copies of a ledger.
type Copier struct{ *database }

// Backup writes a copy of the ledger, as it is now, to another path. What is at that path already stays, and
// the answer is ErrExists. The copy is on the disk and has been opened and checked before it gets its name.
// Other calls wait while it is written, some 0.2 s for a hundred megabytes, and not while it is checked.
//
// The copy knows that it is one, and is ErrRolledBack wherever it is put until Adopt: when a pass was killed
// right after it, the fence could not tell the copy from the ledger.
func (c Copier) Backup(path string) error { return explain(path, c.backup(path)) }

func (c Copier) backup(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return store.ErrExists
	}
	write := func(temp string) error {
		var failed error
		err := c.locked(func() error {
			failed = c.writeCopy(temp)
			return nil
		})
		if err = cmp.Or(err, failed); err != nil {
			return err
		}
		return changeCopy(temp, func(m *meta) { m.putTime(metaCopied, time.Now()) })
	}
	return build(path, write, func(temp string, made store.Info) error {
		if made.ID != c.id {
			return damaged("another file was copied in its place")
		}
		if err := publish(temp, path); err != nil {
			return err
		}
		return syncDir(filepath.Dir(path))
	})
}

func (c Copier) writeCopy(temp string) error {
	// bbolt opens the file by its name for this.
	if err := c.kept(); err != nil {
		return err
	}
	stat, err := c.handle.Stat()
	if err == nil {
		err = c.copyTo(temp)
	}
	if err == nil {
		// A disk without owners holds a copy as well.
		_ = errors.Join(os.Chmod(temp, stat.Mode().Perm()), giveTo(temp, stat))
	}
	return err
}

// changeCopy makes a file with a ledger, which nobody else knows of yet, one that is refused until Adopt, and
// changes what it says of itself. The file is on the disk afterwards.
func changeCopy(temp string, change func(*meta)) error {
	f := file{path: temp}
	faulted, err := recoverFaults(func() error {
		if err := f.open(Options{}); err != nil {
			return err
		}
		// Its transaction stays what it was: that tells how new the copy is.
		return f.db.Update(func(tx *bbolt.Tx) error {
			m, err := openMeta(tx)
			if err != nil {
				return err
			}
			m.put(metaDistrusted, []byte{1})
			change(m)
			return m.err
		})
	})
	f.faulted = faulted
	return errors.Join(err, f.release())
}

// Compact rewrites the ledger at path without the space that lies unused in it. The new file takes the place
// of the old one under its lock, after both have been checked and found to say the same; it needs as much
// free space. One that would not be smaller stays as it is. On Windows, where an open file cannot be
// replaced, the error is errors.ErrUnsupported.
func Compact(path string, options ...Options) error {
	if runtime.GOOS == "windows" {
		return explain(path, fmt.Errorf("compacting a ledger on Windows: %w", errors.ErrUnsupported))
	}
	o := cmp.Or(options...)
	o.ReadOnly = false
	l, err := Open(path, o)
	if err != nil {
		return err
	}
	// Close brings the fence up to date, and only then gives the lock up.
	return errors.Join(l.compact(false), l.Close())
}

// Wipe rewrites the ledger as Compact does, whatever it gains: what was removed from it is not in the new
// file, and what an attempt that was killed has left is taken away. The ledger must be closed then, and
// nothing else.
func (c Copier) Wipe() error {
	if runtime.GOOS == "windows" {
		return explain(c.path, fmt.Errorf("rewriting a ledger on Windows: %w; what was erased is overwritten "+
			"when its space is used again", errors.ErrUnsupported))
	}
	real, err := filepath.EvalSymlinks(c.path)
	if err == nil {
		err = removeTemporary(real)
	}
	if err != nil {
		return explain(c.path, err)
	}
	return c.compact(true)
}

func (c Copier) compact(always bool) error {
	if err := Checker(c).Check(context.Background()); err != nil {
		return err
	}
	before, err := Reader(c).Info()
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(c.path)
	if err != nil {
		return explain(c.path, err)
	}
	write := func(temp string) error { return c.locked(func() error { return compactInto(temp, c.file) }) }
	return explain(c.path, build(real, write, func(temp string, after store.Info) error {
		if err := checkSame(before, after); err != nil || after.Size >= before.Size && !always {
			return err
		}
		if err := os.Rename(temp, real); err != nil {
			return err
		}
		return syncDir(filepath.Dir(real))
	}))
}

func compactInto(temp string, from file) error {
	stat, err := from.handle.Stat()
	if err != nil {
		return err
	}
	to := file{path: temp}
	if err := to.open(Options{Timeout: time.Minute}); err != nil {
		return err
	}
	// What it grows by at once would be all that is gained, or more.
	to.db.AllocSize = 0
	err = bbolt.Compact(to.db, from.db, compactBytes)
	if err = errors.Join(err, to.release()); err != nil {
		return err
	}
	return errors.Join(os.Chmod(temp, stat.Mode().Perm()), giveTo(temp, stat))
}

func checkSame(a, b store.Info) error {
	a.Path, a.Size, b.Path, b.Size = "", 0, "", 0
	same := maps.Equal(a.Counts, b.Counts)
	a.Counts, b.Counts = nil, nil
	if !same || fmt.Sprint(a) != fmt.Sprint(b) {
		return damaged("its compacted copy says something else than it does, and was thrown away")
	}
	return nil
}
