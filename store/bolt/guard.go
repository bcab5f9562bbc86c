package bolt

import (
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// guard runs fn and turns a panic, or a fault on a page of the file that is not there, into ErrDamaged. Faulted tells that
// bbolt was interrupted in the middle and may hold locks of its own: it must not be entered again.
func guard(fn func() error) (faulted bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			faulted, err = true, damaged("reading it failed: %v", p)
		}
	}()
	return false, fn()
}

// locked runs fn alone and guarded. After a fault the ledger answers with that error for good.
func (l *Ledger) locked(fn func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead != nil {
		return explain(l.path, l.dead)
	}
	faulted, err := guard(fn)
	if faulted {
		l.dead, l.faulted = err, true
	}
	return explain(l.path, err)
}

// view runs fn in a transaction that reads. What fn keeps must be copied.
func (l *Ledger) view(fn func(*txn) error) error {
	return l.locked(func() error {
		return l.db.View(func(b *bbolt.Tx) error {
			t, err := l.begin(b)
			if err != nil {
				return err
			}
			return fn(t)
		})
	})
}

// update runs fn in a transaction that writes and is on the disk when update returns; nothing of it is there if fn fails.
// After a commit that failed, what the disk holds is uncertain, and a later sync may succeed without meaning it:
// no further write is taken until the ledger has been opened again.
func (l *Ledger) update(fn func(*txn) error) error {
	return l.locked(func() error {
		if l.readOnly {
			return store.ErrReadOnly
		}
		if l.stuck != nil {
			return l.stuck
		}
		var own error
		var t *txn
		err := l.db.Update(func(b *bbolt.Tx) error {
			if t, own = l.begin(b); own == nil {
				own = fn(t)
			}
			if own == nil {
				own = t.finish()
			}
			return own
		})
		if err == nil {
			l.reasons.adopt(t.fresh)
		} else if own == nil {
			err = fmt.Errorf("a change could not be written: %w; make sure that the disk has space and is sound, then run again", err)
			l.stuck = err
		}
		return err
	})
}
