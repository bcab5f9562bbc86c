package bolt

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// A ledger that is put back from a copy must not send before it knows what was sent since. The copy cannot
// tell that it is one, so that others tell: the fence, and in the ledger and the fence a number of the last
// opening for writing, so that a copy from before that opening is told even if nothing came after it. Both
// are given up only by Adopt, when a repair has succeeded.

const (
	openingBytes = 8
	// leap is how many numbers an adopted ledger passes over for each millisecond since 1970: it goes on with
	// numbers that no life before it, whose end nobody knows, can have given.
	leap = 1 << 10
)

// enter commits a fresh number for this opening, and what the ledger is bound to, and seals that.
func (l *Ledger) enter(o Options) error {
	err := l.write(func(t *txn) error {
		if err := t.bind(o); err != nil {
			return err
		}
		return t.reopen(l.sealed)
	})
	if err == nil {
		err = l.seal()
	}
	return err
}

// reopen gives the ledger the number of an opening. The one that the fence bears counts too until it has been
// replaced, however often that fails.
func (t *txn) reopen(sealed fence) error {
	number := make([]byte, openingBytes)
	rand.Read(number) // never fails (documented)
	if err := t.meta.Put(metaOpening, number); err != nil {
		return err
	}
	over, err := hex.DecodeString(sealed.Opening)
	if err != nil || len(over) == 0 {
		return t.meta.Delete(metaOpenedOver)
	}
	return t.meta.Put(metaOpenedOver, over)
}

// write runs fn in a transaction of an opening, before the ledger is there for others.
func (l *Ledger) write(fn func(*txn) error) error {
	return l.db.Update(func(b *bbolt.Tx) error {
		t, err := l.begin(b)
		if err == nil {
			err = fn(t)
		}
		if err != nil {
			return err
		}
		return t.finish()
	})
}

// Distrust notes that a repair begins, for a ledger that its fence would let pass: until Adopt nobody else
// opens it.
func (l *Ledger) Distrust() error {
	return l.locked(func() error {
		if l.readOnly {
			return store.ErrReadOnly
		}
		l.doubted = true
		return l.write(func(*txn) error { return nil })
	})
}

// errFewer answers a repair that has not found all. It is ErrRolledBack.
var errFewer = fmt.Errorf("%w", store.ErrRolledBack)

// Adoption is what a repair has found out. The last two are for the operator's explicit word.
type Adoption struct {
	Seen      uint64 // the greatest number of an intent of this ledger that the receiver has shown; 0 for none
	Unstamped bool   // nothing tells whom the ledger has asked from whom others have
	Missing   bool   // also while the fence has counted more than the ledger knows: the rest is not to be had
	Excused   bool   // without what was lost: whoever was asked meanwhile may be asked again
}

// Adopt ends the repair of a ledger that was opened with AcceptFence, or distrusted: from then on it is the
// one that its fence holds for. Unless the operator takes that upon himself, it is ErrRolledBack while the
// fence has counted more accepted survey requests than the ledger knows by now. The next intents get numbers
// that were never given before.
func (l *Ledger) Adopt(a Adoption) error {
	return l.locked(func() error {
		if l.readOnly {
			return store.ErrReadOnly
		}
		f, err := readFence(l.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, store.ErrRolledBack) {
			return err
		}
		now, err := l.self()
		if err != nil {
			return err
		}
		known, counted := now.own(a), f.own(a)
		if counted > known && !a.Missing && !a.Excused {
			return fmt.Errorf("%w: by now it knows of %d accepted survey requests of its own, and its fence has counted %d", errFewer, known, counted)
		}
		l.doubted = false
		err = l.write(func(t *txn) error {
			if err := t.leap(a, f, now); err != nil {
				return err
			}
			if err := t.meta.Delete(metaDistrusted); err != nil {
				return err
			}
			if err := t.bind(l.bound); err != nil {
				return err
			}
			return t.reopen(f)
		})
		if err != nil {
			l.doubted = true
			return err
		}
		return l.seal()
	})
}

// own is how many accepted requests count for a repair: those that the ledger itself has asked for, as far as that can be told.
func (f fence) own(a Adoption) uint64 {
	if a.Unstamped {
		return f.Accepted
	}
	return f.Accepted - min(f.Accepted, f.Foreign)
}

// leap puts the numbers of intents beyond all that may have been given. A ledger of which nothing tells that
// anything was ever sent goes on to be one.
func (t *txn) leap(a Adoption, f fence, now self) error {
	killed := f.Open && f.Opening != now.Opening
	known := max(now.Intents, a.Seen, f.Intents)
	if known == 0 && f.Accepted == 0 && now.Accepted == 0 && !killed {
		return nil
	}
	next := max(known, uint64(max(time.Now().UnixMilli(), 0))*leap)
	if err := t.meta.Put(metaLife, numberValue(next)); err != nil {
		return err
	}
	if a.Excused {
		if err := t.meta.Put(metaExcused, numberValue(next)); err != nil {
			return err
		}
	}
	return t.intents.SetSequence(next)
}

// leaptAt is when a ledger went on with the numbers after this one.
func leaptAt(number uint64) time.Time { return time.UnixMilli(int64(number / leap)).UTC() }

// forewarn lets the fence of a ledger that is doubted count what the pass has told that was killed since the
// fence was written: the repair must find at least as much.
func (l *Ledger) forewarn() error {
	f, err := readFence(l.path)
	if err != nil {
		return nil // it counts nothing that could be raised
	}
	h, err := ReadHolder(l.path)
	if err != nil || h.Pass == "" {
		return nil
	}
	told := h.Known + uint64(max(h.Accepted, 0))
	if !f.Open || h.Opening != f.Opening || told <= f.Accepted {
		return nil
	}
	f.Accepted = told
	return f.write(l.path)
}
