package bolt

import (
	"fmt"
	"slices"

	"acsync/store"
)

// movedFormat is the format of a ledger that was moved away: no version opens it to write, those that know
// nothing of moving included.
const movedFormat = 1 << 15

// Mover takes a ledger to another place, where it is kept in another way.
type Mover struct{ *database }

// Snapshot gives all of the ledger but its entries; those give Erased and Each.
func (m Mover) Snapshot() (store.Snapshot, error) {
	return read(m.database, func(t *txn) (s store.Snapshot, err error) {
		s.Path, s.ID, s.Rehearsal = m.path, m.id, m.rehearsal
		s.Accepted, s.Foreign = t.records.accepted, t.meta.optional(metaForeign)
		s.Credential = slices.Clone(t.meta.get(metaCredential))
		if err = t.describe(&s.Info); err != nil {
			return s, err
		}
		if s.Backfills, err = t.backfills.all(); err != nil {
			return s, err
		}
		err = t.runs.newest(func(run store.Run) bool {
			s.Runs = append(s.Runs, run)
			return true
		})
		slices.Reverse(s.Runs)
		return s, err
	})
}

// MovedTo is where the ledger is kept instead; empty as long as it is kept here.
func (m Mover) MovedTo() (string, error) {
	return read(m.database, func(t *txn) (string, error) { return string(t.meta.get(metaMovedTo)), nil })
}

// MoveTo notes that the ledger is kept elsewhere from now on, in words that messages can show. It must be
// closed then, and is never opened for writing again, whatever the options but Moved say.
func (m Mover) MoveTo(where string) error {
	if err := validTenant(where); err != nil || where == "" {
		return fmt.Errorf("the ledger cannot be moved to %.40q", where)
	}
	return m.update(func(t *txn) error {
		t.meta.put(metaMovedTo, []byte(where))
		t.meta.putNumber(metaFormat, movedFormat)
		return t.meta.err
	})
}

// checkMoved refuses a ledger that is kept elsewhere to whoever would write. To read it does no harm, as long
// as it is told what it is.
func checkMoved(m *meta, o Options, place *placed) error {
	to := m.get(metaMovedTo)
	if to == nil || o.Moved {
		return nil
	}
	err := fmt.Errorf("%w, to %s", store.ErrMovedAway, to)
	if o.ReadOnly {
		place.refused, err = err, nil
	}
	return err
}
