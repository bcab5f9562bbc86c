package bolt

import (
	"bytes"
	"time"

	"acsync/store"
)

// IntentLog notes what is about to be sent, and what became of it.
type IntentLog struct{ *database }

// Begin notes that a survey request for the key is about to be sent: the key is sending, and an intent is
// open. When it returns without an error the note is on the disk. A key that is sending, in doubt or final is
// refused, so that of two that begin the same key one is told. The resolution is kept with the key.
func (l IntentLog) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	i := store.Intent{Key: key, Ledger: l.id}
	err := l.change(key, func(t *txn, old store.Record) (next store.Record, err error) {
		if err := store.MayBegin(key, old); err != nil {
			return next, err
		}
		i.Attempt = old.Attempts + 1
		i.Number, err = t.records.intents.NextSequence()
		return old.Sending(i, resolution, now), err
	})
	if err != nil {
		return store.Intent{}, err
	}
	return i, nil
}

// Finish notes the outcome of an intent: accepted, rejected, retry, in doubt, or scheduled for another time.
// An intent that is not the open one of its key is refused.
func (l IntentLog) Finish(i store.Intent, r store.Result) error {
	return l.change(i.Key, func(t *txn, old store.Record) (store.Record, error) {
		if err := store.MayFinish(i, l.id, old, r.State); err != nil {
			return old, err
		}
		l.binding.prove(t, r.State)
		return old.After(r), nil
	})
}

// Settle is the only way out of in doubt: the key becomes accepted or rejected where the receiver has said
// so, retry or scheduled where it is certain that nothing arrived, dropped by the operator's decision, or
// stays in doubt with another due time. The number is that of the intent in doubt; a key that has moved on is
// refused.
func (l IntentLog) Settle(key store.Key, intent uint64, r store.Result) error {
	return l.change(key, func(_ *txn, old store.Record) (store.Record, error) {
		return old.After(r), store.MaySettle(key, intent, old, r.State)
	})
}

// change puts another record in the place of that of a key.
func (l IntentLog) change(key store.Key, next func(t *txn, old store.Record) (store.Record, error)) error {
	return l.update(func(t *txn) error {
		s, err := t.records.load(key)
		if err != nil {
			return err
		}
		r, err := next(t, s.old)
		if err != nil {
			return err
		}
		return t.records.put(s, r)
	})
}

// OpenIntents gives the keys whose intents are open: what is being sent, or was when a pass broke off.
func (l IntentLog) OpenIntents() ([]store.Entry, error) { return read(l.database, openIntents) }

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

// Recover puts in doubt, due now, whatever a pass that broke off left open, and gives those keys as they are
// then. It is called when no intent of this process is open; after a clean pass it finds nothing and writes
// nothing.
func (l IntentLog) Recover(now time.Time) ([]store.Entry, error) {
	if list, err := l.OpenIntents(); err != nil || len(list) == 0 {
		return nil, err
	}
	var list []store.Entry
	err := l.update(func(t *txn) error {
		open, err := openIntents(t)
		if err != nil {
			return err
		}
		for _, e := range open {
			s, err := t.records.load(e.Key)
			if err != nil {
				return err
			}
			x := store.Result{State: store.InDoubt, Reason: store.ReasonInterrupted, At: now, Due: now}
			if err := t.records.put(s, s.old.After(x)); err != nil {
				return err
			}
			if s, err = t.records.load(e.Key); err != nil {
				return err
			}
			list = append(list, store.Entry{Key: e.Key, Record: s.old})
		}
		return nil
	})
	return list, err
}
