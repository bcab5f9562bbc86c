package bolt

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// database runs the transactions of an open ledger, one after the other.
type database struct {
	file
	readOnly bool
	id       string
	binding  binding

	mu      sync.Mutex
	reasons reasons
	dead    error // why nothing works any more: closed or damaged
	stuck   error // why no change is taken any more: a commit failed
	fenced  fence // what the fence says
	doubted bool  // its fence does not hold for it, or a repair has begun; see Adopt
}

// recoverFaults runs fn and turns a panic, or a fault on a page of the file that is not there, into
// ErrDamaged. Faulted reports that bbolt was interrupted in the middle and may hold locks of its own: it must
// not be entered again.
func recoverFaults(fn func() error) (faulted bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			faulted, err = true, damaged("reading it failed: %v", p)
		}
	}()
	return false, fn()
}

// locked runs fn alone. After a fault the ledger answers with that error for good.
func (d *database) locked(fn func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead != nil {
		return explain(d.path, d.dead)
	}
	faulted, err := recoverFaults(fn)
	if faulted {
		d.dead, d.faulted = err, true
	}
	return explain(d.path, err)
}

// view runs fn in a transaction that reads. What fn keeps must be copied.
func (d *database) view(fn func(*txn) error) error {
	return d.locked(func() error {
		return d.db.View(func(tx *bbolt.Tx) error {
			t, err := beginTxn(tx, &d.reasons, d.doubted)
			if err == nil {
				err = fn(t)
			}
			if err == nil {
				err = t.meta.err
			}
			return err
		})
	})
}

// read gives what fn reads in one transaction.
func read[T any](d *database, fn func(*txn) (T, error)) (value T, err error) {
	err = d.view(func(t *txn) (err error) {
		value, err = fn(t)
		return err
	})
	return value, err
}

// errNothing ends a transaction that turns out to have nothing to write.
var errNothing = errors.New("nothing to write")

// update runs fn in a transaction that writes and is on the disk when update returns; nothing of it is there
// if fn fails. After a commit that failed, what the disk holds is uncertain, and a later sync may succeed
// without meaning it: no further write is taken until the ledger has been opened again.
func (d *database) update(fn func(*txn) error) error {
	return d.locked(func() error {
		switch {
		case d.readOnly:
			return store.ErrReadOnly
		case d.stuck != nil:
			return d.stuck
		}
		own, err := d.write(fn)
		if err != nil && !own {
			err = fmt.Errorf("a change could not be written: %w; make sure that the disk has space and is "+
				"sound, then run again", err)
			d.stuck = err
		}
		return err
	})
}

// write runs fn in a transaction that writes. Own reports that its error is that of fn, so that nothing was
// written.
func (d *database) write(fn func(*txn) error) (own bool, err error) {
	var t *txn
	err = d.db.Update(func(tx *bbolt.Tx) error {
		own = true
		var err error
		if t, err = beginTxn(tx, &d.reasons, d.doubted); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
		if err := t.finish(); err != nil {
			return err
		}
		own = false
		return nil
	})
	if errors.Is(err, errNothing) {
		return false, nil
	}
	if err == nil {
		d.reasons.add(t.records.reasons.fresh)
	}
	return own, err
}

// load reads what is kept in memory and makes sure that the rest of meta, the summaries and the back-fills
// can be read.
func (d *database) load() error {
	return d.db.View(func(tx *bbolt.Tx) error {
		t, err := beginTxn(tx, &d.reasons, d.doubted)
		if err != nil {
			return err
		}
		d.id = t.meta.id()
		d.binding.ledger, d.binding.before = d.id, t.records.intents.Sequence()
		if err := d.reasons.load(t.records.reasons.bucket, t.runs.sums); err != nil {
			return err
		}
		t.runs.check(false, func(found error) { err = cmp.Or(err, found) })
		if err != nil {
			return err
		}
		if _, err := t.backfills.all(); err != nil {
			return err
		}
		return t.describe(new(store.Info))
	})
}

func (d *database) self() (now self, err error) {
	err = d.db.View(func(tx *bbolt.Tx) error {
		now, err = readSelf(tx)
		return err
	})
	return now, err
}

// checkFence compares the open file with its fence and remembers what the fence says.
func (d *database) checkFence() error {
	now, err := d.self()
	if err != nil {
		return err
	}
	f, err := readFence(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return rolledBack("its fence %s is missing", beside(d.path, fenceSuffix))
	}
	if err != nil {
		return err
	}
	d.fenced = f
	return f.holds(now)
}

// writeFence brings the fence up to date, while the ledger goes on to be open or not. It does nothing where
// that is so already, nor after a commit that failed: the fence must never promise what the disk may not
// hold. Nor for a ledger that is doubted: its fence is what keeps others from it.
func (d *database) writeFence(open bool) error {
	if d.readOnly || d.stuck != nil || d.doubted {
		return nil
	}
	now, err := d.self()
	now.Open = open
	if err != nil || now.fence == d.fenced {
		return err
	}
	if err := now.write(d.path); err != nil {
		return err
	}
	d.fenced = now.fence
	return nil
}

// updateFence brings the fence up to date after a change.
func (d *database) updateFence() error {
	return d.locked(func() error { return d.writeFence(true) })
}

// openingBytes is the length of the number of an opening.
const openingBytes = 8

// reopen commits a fresh number for this opening, and what the ledger is bound to. The number that the fence
// bears counts too until it has been replaced, however often that fails.
func (d *database) reopen(fenced fence, change func(*txn) error) error {
	number := make([]byte, openingBytes)
	rand.Read(number) // never fails (documented)
	_, err := d.write(func(t *txn) error {
		if err := change(t); err != nil {
			return err
		}
		d.binding.bind(t)
		t.meta.put(metaOpening, number)
		if over, err := hex.DecodeString(fenced.Opening); err == nil && len(over) > 0 {
			t.meta.put(metaOpenedOver, over)
		} else {
			t.meta.delete(metaOpenedOver)
		}
		return nil
	})
	return err
}
