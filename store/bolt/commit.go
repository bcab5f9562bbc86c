package bolt

import "acsync/store"

// Committer writes down what a pass has found out.
type Committer struct{ *database }

// Commit writes all of a batch, or nothing of it.
//
// Each entry is set as given, except that First, Attempts and Intent of a key that has had intents are kept.
// Keys that are sending, in doubt or final are never overwritten, and none is set to sending: such an entry
// refuses the whole batch, as does a checkpoint before the present one, or a back-fill's position before its
// own unless the back-fill was begun anew. Where a key comes twice the later entry counts.
//
// A batch with a checkpoint, a back-fill's position or a summary brings the fence up to date. If only that
// fails the batch stays written, and the error says so: like any error of a commit it is to end the pass.
func (c Committer) Commit(b store.Batch) error {
	if b.Empty() {
		return nil
	}
	err := c.update(func(t *txn) error { return writeBatch(t, b) })
	if err != nil || (b.Checkpoint.IsZero() && b.Backfill == nil && b.Run == nil) {
		return err
	}
	return c.updateFence()
}

func writeBatch(t *txn, b store.Batch) error {
	for _, e := range b.Entries {
		s, err := t.records.load(e.Key)
		if err != nil {
			return err
		}
		if err := store.MayCommit(e, s.old); err != nil {
			return err
		}
		if err := t.records.put(s, s.old.Decided(e.Record)); err != nil {
			return err
		}
	}
	t.meta.advance(b.Checkpoint)
	t.meta.addLate(b.Late)
	t.meta.setIdentity(b.Identity)
	t.meta.witness(b.Witnessed)
	if err := t.backfills.move(b.Backfill); err != nil {
		return err
	}
	return t.runs.add(b.Run)
}
