package bolt

import (
	"encoding/json"
	"fmt"
	"time"

	"acsync/store"
)

// Commit writes all of a batch, or nothing of it.
//
// Each entry is set as given, except that First, Attempts and Intent of a key that has had intents are kept. Keys that are
// sending, in doubt or final are never overwritten, and none is set to sending: such an entry refuses the whole
// batch, as does a checkpoint before the present one, or a back-fill's position before its own unless the back-fill was begun
// anew. Where a key comes twice the later entry counts.
//
// A batch with a checkpoint, a back-fill's position or a summary brings the fence up to date. If only that fails the batch stays written, and
// the error says so: like any error of a commit it is to end the pass.
func (l *Ledger) Commit(b store.Batch) error {
	if b.Empty() {
		return nil
	}
	err := l.update(func(t *txn) error {
		for _, e := range b.Entries {
			if err := t.set(e); err != nil {
				return err
			}
		}
		if err := t.advance(b.Checkpoint); err != nil {
			return err
		}
		if err := t.moveBackfill(b.Backfill); err != nil {
			return err
		}
		if err := t.addLate(b.Late); err != nil {
			return err
		}
		if err := t.identify(b.Identity); err != nil {
			return err
		}
		if err := t.witness(b.Witnessed); err != nil {
			return err
		}
		return t.append(b.Run)
	})
	if err != nil || (b.Checkpoint.IsZero() && b.Backfill == nil && b.Run == nil) {
		return err
	}
	return l.locked(l.seal)
}

func (t *txn) set(e store.Entry) error {
	s, err := t.load(e.Key)
	if err != nil {
		return err
	}
	if err := store.MayCommit(e, s.old); err != nil {
		return err
	}
	return t.store(s, s.old.Decided(e.Record))
}

// advance moves the checkpoint.
func (t *txn) advance(to time.Time) error {
	if to.IsZero() {
		return nil
	}
	now, err := readTime(t.meta, metaCheckpoint)
	if err != nil {
		return err
	}
	if err := store.MayAdvance(now, to); err != nil {
		return err
	}
	return t.meta.Put(metaCheckpoint, sortable(to))
}

// witness moves the time up to which the receiver's data were held against the ledger; it never goes back.
func (t *txn) witness(at time.Time) error {
	now, err := readTime(t.meta, metaWitnessed)
	if err != nil || !at.After(now) {
		return err
	}
	if !validTime(at) {
		return fmt.Errorf("nothing can have been read in the year %d", at.Year())
	}
	return t.meta.Put(metaWitnessed, sortable(at))
}

// append adds the summary of a pass.
func (t *txn) append(r *store.Run) error {
	if r == nil {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("the summary of pass %s cannot be written: %w", r.Pass, err)
	}
	n, err := t.runs.NextSequence()
	if err != nil {
		return err
	}
	key := numberValue(n)
	return t.runs.Put(key, summed(key, text))
}
