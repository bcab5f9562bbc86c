package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"acsync/store"
)

// Repairer mends a ledger that was put back from a copy, and must not send before it knows what was sent
// since. The copy cannot tell that it is one; its fence and the number of the last opening do. Both are given
// up only by Adopt.
type Repairer struct{ *database }

// Distrust notes that a repair begins, or is due: until Adopt nobody else opens the ledger, whatever its
// fence says.
func (r Repairer) Distrust() error {
	return r.locked(func() error {
		if r.readOnly {
			return store.ErrReadOnly
		}
		r.doubted = true
		_, err := r.transact(func(*txn) error { return nil })
		return err
	})
}

// Adopt ends the repair of a ledger that was opened with AcceptFence, or distrusted. Unless the operator
// takes that upon himself, it is ErrRolledBack while the fence has counted more accepted survey requests than
// the ledger knows by now. The next intents get numbers that were never given before.
func (r Repairer) Adopt(a store.Adoption) error {
	return r.locked(func() error {
		if r.readOnly {
			return store.ErrReadOnly
		}
		// Also what could be written when the repair began may not be any more.
		if err := r.place.witness.prepare(); err != nil {
			return err
		}
		f, err := readFence(r.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, store.ErrRolledBack) {
			return err
		}
		now, err := r.self()
		if err != nil {
			return err
		}
		w := r.place.witness.said.fence // zero for none
		known := now.ownAccepted(!a.Unstamped)
		counted := max(f.ownAccepted(!a.Unstamped), w.ownAccepted(!a.Unstamped))
		if counted > known && !a.Missing && !a.Excused {
			return fmt.Errorf(
				"%w: by now it knows of %d accepted survey requests of its own, and its fence or its "+
					"witness has counted %d",
				errFewer, known, counted)
		}
		next := nextIntent(a, now, f, w)
		r.doubted = false
		if err := r.reopen(f, func(t *txn) error { return adopt(t, next, a) }); err != nil {
			r.doubted = true
			return err
		}
		return r.writeFence(true)
	})
}

// nextIntent is a number beyond all that may have been given; 0 where nothing was ever sent.
func nextIntent(a store.Adoption, now self, told ...fence) uint64 {
	known, sent := max(now.Intents, a.Seen), now.Accepted > 0
	for _, f := range told {
		killed := f.Open && f.Opening != now.Opening
		known, sent = max(known, f.Intents), sent || f.Accepted > 0 || killed
	}
	if known == 0 && !sent {
		return 0
	}
	return store.Leap(known, time.Now())
}

// adopt takes the trust in a ledger up again, and goes on with the numbers after next unless that is 0.
func adopt(t *txn, next uint64, a store.Adoption) error {
	t.meta.delete(metaDistrusted)
	t.meta.know(a.KnownFrom)
	t.meta.delete(metaCopied)
	if next == 0 {
		return nil
	}
	t.meta.putNumber(metaLife, next)
	if a.Excused {
		t.meta.putNumber(metaExcused, next)
	}
	return t.records.intents.SetSequence(next)
}
