package bolt

import (
	"bytes"
	"errors"
	"iter"
	"time"

	"acsync/store"
)

const importStride = 1000

// Writer notes what is about to be sent, what became of it, and what a pass has found out.
type Writer struct{ *database }

// Begin notes on the disk that a survey request for the key is about to be sent. A key that is held is
// refused, so that of two that begin the same key one is told. The resolution is kept with the key.
func (w Writer) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	i := store.Intent{Key: key, Ledger: w.id, Rehearsal: w.rehearsal}
	err := w.change(key, func(t *txn, old store.Record) (next store.Record, err error) {
		if err := store.MayBegin(key, old); err != nil {
			return next, err
		}
		i.Attempt, i.Before = old.Attempts+1, old
		i.Number, err = t.records.intents.NextSequence()
		return old.Sending(i, resolution, now), err
	})
	if err != nil {
		return store.Intent{}, err
	}
	return i, nil
}

// Finish notes the outcome of an intent, which must be the open one of its key; see [store.MayFinish]. What
// was no attempt leaves no trace; see [store.Record.Finished].
func (w Writer) Finish(i store.Intent, r store.Result) error {
	return w.share(func(t *txn) error {
		s, err := t.records.load(i.Key)
		if err != nil {
			return err
		}
		if err := store.MayFinish(i, w.id, s.Record, r.State); err != nil {
			return err
		}
		w.binding.prove(t, r.State)
		next := s.Finished(i, r)
		if next.State == store.Unknown {
			return t.records.remove(s)
		}
		return t.records.put(s, next)
	})
}

// Settle is the only way out of in doubt: accepted or rejected where the receiver has said so, retry or
// scheduled where it is certain that nothing arrived, dropped by the operator's decision, or in doubt with
// another due time. A key that is not in doubt with that intent is refused.
func (w Writer) Settle(key store.Key, intent uint64, r store.Result) error {
	return w.change(key, func(t *txn, old store.Record) (store.Record, error) {
		t.noteForeign(r)
		return old.After(r), store.MaySettle(key, intent, old, r.State)
	})
}

// Reopen takes up again, all of them or none, what was rejected or dropped, and is given as it was read: to
// be tried again where it certainly did not arrive, accepted where it did; see [store.MayReopen]. The status
// stays that of the last answer.
func (w Writer) Reopen(entries []store.Entry, x store.Result) error {
	if len(entries) == 0 {
		return nil
	}
	return w.update(func(t *txn) error {
		for _, e := range entries {
			err := changeRecord(t, e.Key, func(t *txn, old store.Record) (store.Record, error) {
				t.noteForeign(x)
				return old.Reopened(x), store.MayReopen(e, old, x.State)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (w Writer) change(key store.Key, next func(t *txn, old store.Record) (store.Record, error)) error {
	return w.share(func(t *txn) error { return changeRecord(t, key, next) })
}

func changeRecord(t *txn, key store.Key, next func(*txn, store.Record) (store.Record, error)) error {
	s, err := t.records.load(key)
	if err != nil {
		return err
	}
	r, err := next(t, s.Record)
	if err != nil {
		return err
	}
	return t.records.put(s, r)
}

// OpenIntents gives the keys whose intents are open: what is being sent, or was when a pass broke off.
func (w Writer) OpenIntents() ([]store.Entry, error) { return read(w.database, openIntents) }

func openIntents(t *txn) (list []store.Entry, err error) {
	err = t.records.intents.ForEach(func(code, number []byte) error {
		e, err := t.records.indexed(code)
		if err != nil {
			return err
		}
		if e.State != store.Sending || !bytes.Equal(number, numberValue(e.Intent)) {
			return damaged("%s has an open intent but is %s", e.Conversation, e.State)
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// Recover puts in doubt, due now, whatever a pass that broke off left open, and gives those keys. It is
// called when no intent of this process is open; after a clean pass it writes nothing.
func (w Writer) Recover(now time.Time) (list []store.Entry, err error) {
	if open, err := w.OpenIntents(); err != nil || len(open) == 0 {
		return nil, err
	}
	x := store.Result{State: store.InDoubt, Reason: store.ReasonInterrupted, At: now, Due: now}
	err = w.update(func(t *txn) error {
		open, err := openIntents(t)
		if err != nil {
			return err
		}
		for _, e := range open {
			err := changeRecord(t, e.Key, func(_ *txn, old store.Record) (store.Record, error) {
				return old.After(x), nil
			})
			if err != nil {
				return err
			}
			s, err := t.records.load(e.Key)
			if err != nil {
				return err
			}
			list = append(list, s.Entry)
		}
		return nil
	})
	return list, err
}

// Commit writes all of a batch, or nothing of it. Of a key that has had intents First, Attempts and Intent
// are kept. An entry that [store.MayCommit] refuses refuses the whole batch, as does a checkpoint before the
// present one, or a back-fill's position before its own unless the back-fill was begun anew. Where a key
// comes twice the later entry counts.
//
// A batch with a checkpoint, a back-fill's position or a summary brings the fence up to date. If only that
// fails the batch stays written, and the error says so: like any error of a commit it is to end the pass.
// A summary that could not be written Close leaves beside the ledger, as it is then, and the next opening for
// writing enters it.
func (w Writer) Commit(b store.Batch) error {
	if b.Empty() {
		return nil
	}
	if err := w.spare(len(b.Entries)); err != nil {
		return err
	}
	err := w.share(func(t *txn) error { return writeBatch(t, b) })
	if err != nil && !errors.Is(err, store.ErrRefused) {
		w.leave(b.Run) // what the ledger refuses is not to be entered later
	}
	if err != nil || (b.Checkpoint.IsZero() && b.Backfill == nil && b.Run == nil) {
		return err
	}
	if err := w.kept(); err != nil {
		return explain(w.path, err)
	}
	return w.updateFence()
}

// spare makes sure that so many decisions take nothing from the reserve, where there is one: what is decided
// can be read again.
func (w Writer) spare(entries int) error {
	if entries == 0 || w.reserve.end.Load() == 0 {
		return nil
	}
	return w.keepReserve(int64(entries) * entryRoom)
}

func writeBatch(t *txn, b store.Batch) error {
	for _, e := range b.Entries {
		err := changeRecord(t, e.Key, func(_ *txn, old store.Record) (store.Record, error) {
			return old.Decided(e.Record), store.MayCommit(e, old)
		})
		if err != nil {
			return err
		}
	}
	t.meta.advance(b.Checkpoint)
	t.meta.addLate(b.Late)
	t.meta.setIdentity(b.Identity)
	t.meta.witness(b.Witnessed)
	t.meta.acknowledge(b.Acknowledged)
	if b.Backfill != nil {
		if err := t.backfills.move(*b.Backfill); err != nil {
			return err
		}
	}
	if b.Run != nil {
		return t.runs.add(b.Run)
	}
	return nil
}

// Import takes over entries that are known from elsewhere: the receiver's own data, or the export of another
// ledger; [store.MayImport] says which. One that the ledger has exactly so already is passed over, so that an
// import can be repeated; what is refused ends it, as does an error of the sequence. The number of entries
// that were written, in transactions of 1,000, is given in any case.
//
// An Intent is kept as given, and no later intent gets its number; one that another ledger gave is better
// left out. Accepted entries without one are those that others asked for. What was forgotten stays so, and
// what is imported as forgotten is erased.
func (w Writer) Import(entries iter.Seq2[store.Entry, error]) (written int, err error) {
	part := make([]store.Entry, 0, importStride)
	flush := func() error {
		before, forgotten := written, false
		err := w.update(func(t *txn) error {
			for _, e := range part {
				fresh, err := importEntry(t, e)
				if err != nil {
					return err
				}
				if fresh {
					written++
					forgotten = forgotten || e.Erased()
				}
			}
			if forgotten {
				return sweep(t)
			}
			return nil
		})
		if err != nil {
			written = before
		}
		part = part[:0]
		return err
	}
	for e, err := range entries {
		if err == nil {
			if part = append(part, e); len(part) == importStride {
				err = flush()
			}
		}
		if err != nil {
			return written, err
		}
	}
	if len(part) > 0 {
		if err := flush(); err != nil {
			return written, err
		}
	}
	if written == 0 {
		return 0, nil
	}
	return written, w.updateFence()
}

// importEntry writes one imported entry, unless it is there already.
func importEntry(t *txn, e store.Entry) (fresh bool, err error) {
	s, err := t.records.load(e.Key)
	if err != nil {
		return false, err
	}
	intents := t.records.intents
	r, err := e.Dated(s.Record, intents.Sequence()).Normalize()
	if err != nil {
		return false, err
	}
	// What was erased does not come back.
	if s.Erased() {
		return false, nil
	}
	r = s.Decided(r)
	if err := store.MayImport(store.Entry{Key: e.Key, Record: r}, s.Record); err != nil || s.Record == r {
		return false, err
	}
	if r.Intent > intents.Sequence() {
		if err := intents.SetSequence(r.Intent); err != nil {
			return false, err
		}
	}
	// Nothing tells by whom a recovery was sent.
	if r.State == store.Accepted && e.Intent == 0 && !e.Key.Recovery {
		t.foreign++
	}
	return true, t.records.put(s, r)
}
