package postgres

import (
	"errors"
	"iter"
	"time"

	"acsync/store"
)

// importStride is how many entries one transaction takes over.
const importStride = 1000

// Writer notes what is about to be sent, what became of it, and what a pass has found out.
type Writer struct{ *core }

// Begin notes durably that a survey request for the key is about to be sent, and until when it may leave. A
// key that is held is refused, so that of two that begin the same key one is told; so is any key while it is
// not known what the database has lost.
func (w Writer) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	i := store.Intent{
		Key: key, Ledger: w.id, Rehearsal: w.rehearsal, SendBy: time.Now().Add(w.options.lease() / 2),
	}
	err := w.update([]store.Key{key}, func(t *txn) error {
		if t.restored != nil {
			return errRestored
		}
		s, err := t.load(key)
		if err != nil {
			return err
		}
		if err := store.MayBegin(key, s.Record); err != nil {
			return err
		}
		t.intents++
		i.Attempt, i.Before, i.Number = s.Attempts+1, s.Record, uint64(t.intents)
		return t.put(s, s.Sending(i, resolution, now))
	})
	if err != nil {
		return store.Intent{}, err
	}
	return i, nil
}

// Finish notes the outcome of an intent, which must be the open one of its key; see [store.MayFinish]. What
// was no attempt leaves no trace; see [store.Record.Finished].
func (w Writer) Finish(i store.Intent, r store.Result) error {
	return w.update([]store.Key{i.Key}, func(t *txn) error {
		s, err := t.load(i.Key)
		if err != nil {
			return err
		}
		if err := store.MayFinish(i, w.id, s.Record, r.State); err != nil {
			return err
		}
		prove(t, r.State)
		next := s.Finished(i, r)
		if next.State == store.Unknown {
			return t.remove(s)
		}
		return t.put(s, next)
	})
}

// Settle is the only way out of in doubt; see [store.MaySettle].
func (w Writer) Settle(key store.Key, intent uint64, r store.Result) error {
	keys := []store.Key{key}
	return w.update(keys, func(t *txn) error {
		t.noteForeign(r, 1)
		return change(t, keys, func(_ int, old store.Record) (store.Record, error) {
			return old.After(r), store.MaySettle(key, intent, old, r.State)
		})
	})
}

// Reopen takes up again, all of them or none, what was rejected or dropped, and is given as it was read; see
// [store.MayReopen].
func (w Writer) Reopen(entries []store.Entry, x store.Result) error {
	if len(entries) == 0 {
		return nil
	}
	keys := keysOf(entries)
	return w.update(keys, func(t *txn) error {
		t.noteForeign(x, len(entries))
		return change(t, keys, func(n int, old store.Record) (store.Record, error) {
			return old.Reopened(x), store.MayReopen(entries[n], old, x.State)
		})
	})
}

// change puts another record in the place of each of some keys, one after the other.
func change(t *txn, keys []store.Key, next func(n int, old store.Record) (store.Record, error)) error {
	for n, key := range keys {
		s, err := t.load(key)
		if err != nil {
			return err
		}
		r, err := next(n, s.Record)
		if err != nil {
			return err
		}
		if err := t.put(s, r); err != nil {
			return err
		}
	}
	return nil
}

func keysOf(entries []store.Entry) []store.Key {
	keys := make([]store.Key, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	return keys
}

// OpenIntents gives the keys whose intents are open: what is being sent, or was when a pass broke off.
func (w Writer) OpenIntents() ([]store.Entry, error) {
	return w.list("and state = 2 order by key")
}

// Recover puts in doubt, due now, whatever a pass that broke off left open, and gives those keys. It is
// called when no intent of this process is open; after a clean pass it writes nothing.
func (w Writer) Recover(now time.Time) (list []store.Entry, err error) {
	open, err := w.OpenIntents()
	if err != nil || len(open) == 0 {
		return nil, err
	}
	x := store.Result{State: store.InDoubt, Reason: store.ReasonInterrupted, At: now, Due: now}
	keys := keysOf(open)
	err = w.update(keys, func(t *txn) error {
		for _, key := range keys {
			s, err := t.load(key)
			switch {
			case err != nil:
				return err
			case s.State != store.Sending:
				continue
			}
			if err := t.put(s, s.After(x)); err != nil {
				return err
			}
			list = append(list, s.Entry)
		}
		return nil
	})
	return list, err
}

// Commit writes all of a batch, or nothing of it; see [store.MayCommit]. Where a key comes twice the later
// entry counts. A summary that could not be written Close leaves for the next opening.
func (w Writer) Commit(b store.Batch) error {
	if b.Empty() {
		return nil
	}
	err := w.update(keysOf(b.Entries), func(t *txn) error { return writeBatch(t, b) })
	if err != nil && !errors.Is(err, store.ErrRefused) {
		w.leave(b.Run) // what the ledger refuses is not to be entered later
	}
	return err
}

func writeBatch(t *txn, b store.Batch) error {
	err := change(t, keysOf(b.Entries), func(n int, old store.Record) (store.Record, error) {
		return old.Decided(b.Entries[n].Record), store.MayCommit(b.Entries[n], old)
	})
	if err != nil {
		return err
	}
	if !b.Checkpoint.IsZero() {
		if err := store.MayAdvance(t.checkpoint, b.Checkpoint); err != nil {
			return err
		}
		t.checkpoint = milli(b.Checkpoint)
	}
	if err := addLate(t, b.Late); err != nil {
		return err
	}
	if b.Identity != "" {
		if !b.Identity.Known() {
			return store.Refused("the ledger cannot remember by %.20q", b.Identity)
		}
		t.identity = b.Identity
	}
	for _, each := range []struct {
		at *time.Time
		to time.Time
	}{{&t.witnessed, b.Witnessed}, {&t.acknowledged, b.Acknowledged}} {
		switch {
		case !each.to.After(*each.at): // they never go back
		case each.to.Year() > 9999:
			return store.Refused("nothing can have been seen in the year %d", each.to.Year())
		default:
			*each.at = milli(each.to)
		}
	}
	if b.Backfill != nil {
		if err := move(t, *b.Backfill); err != nil {
			return err
		}
	}
	if b.Settled && t.restored != nil {
		trust(t, uint64(t.intents))
	}
	if b.Run != nil {
		return addRun(t, b.Run)
	}
	return nil
}

func addLate(t *txn, late []time.Duration) error {
	if len(late) == 0 {
		return nil
	}
	l, err := store.DecodeLateness(t.lateness)
	if err != nil {
		return broken{err}
	}
	for _, each := range late {
		l.Add(each)
	}
	t.lateness = l.Encode()
	return nil
}

// trust takes the database as it is from now on: its history is the ledger's, and the numbers of intents go
// on beyond all that may have been given.
func trust(t *txn, known uint64) {
	t.history, t.restored = t.of.now, nil
	t.intents = int64(store.Leap(known, time.Now()))
	t.life = t.intents
}

// Import takes over entries that are known from elsewhere; [store.MayImport] says which. One that the ledger
// has exactly so already is passed over; what is refused ends it, as does an error of the sequence. The
// number of entries that were written, in transactions of 1,000, is given in any case.
//
// An Intent is kept as given, and no later intent gets its number. What was erased stays so, and what is
// imported as erased is erased.
func (w Writer) Import(entries iter.Seq2[store.Entry, error]) (written int, err error) {
	part := make([]store.Entry, 0, importStride)
	flush := func() error {
		n, erased := 0, false
		err := w.update(keysOf(part), func(t *txn) error {
			for _, e := range part {
				fresh, err := takeOver(t, e)
				if err != nil {
					return err
				}
				if fresh {
					n++
					erased = erased || e.Erased()
				}
			}
			switch {
			case erased:
				return sweep(t)
			case n == 0:
				return errNothing
			}
			return nil
		})
		part = part[:0]
		if err == nil {
			written += n
		}
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
	if len(part) == 0 {
		return written, nil
	}
	return written, flush()
}

// takeOver writes one imported entry, unless it is there already.
func takeOver(t *txn, e store.Entry) (fresh bool, err error) {
	s, err := t.load(e.Key)
	if err != nil {
		return false, err
	}
	r, err := e.Dated(s.Record, uint64(t.intents)).Normalize()
	if err == nil {
		err = storable(r)
	}
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
	t.intents = max(t.intents, int64(r.Intent))
	// Nothing tells by whom a recovery was sent.
	if r.State == store.Accepted && e.Intent == 0 && !e.Key.Recovery {
		t.others++
	}
	return true, t.put(s, r)
}
