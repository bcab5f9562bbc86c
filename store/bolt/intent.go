package bolt

import (
	"time"

	"acsync/store"
)

// Begin notes that a survey request for the key is about to be sent: the key is sending, and an intent is open. When it
// returns without an error the note is on the disk. A key that is sending, in doubt or final is refused, so that of
// two that begin the same key one is told. The resolution is kept with the key.
func (l *Ledger) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	var i store.Intent
	err := l.update(func(t *txn) error {
		s, err := t.load(key)
		if err != nil {
			return err
		}
		if err := store.MayBegin(key, s.old); err != nil {
			return err
		}
		n, err := t.intents.NextSequence()
		if err != nil {
			return err
		}
		i = store.Intent{Key: key, Number: n, Ledger: t.ledger, Attempt: s.old.Attempts + 1}
		return t.store(s, s.old.Sending(i, resolution, now))
	})
	if err != nil {
		return store.Intent{}, err
	}
	return i, nil
}

// Finish notes the outcome of an intent: accepted, rejected, retry, in doubt, or scheduled for another time. An intent
// that is not the open one of its key is refused.
func (l *Ledger) Finish(i store.Intent, r store.Result) error {
	return l.update(func(t *txn) error {
		s, err := t.load(i.Key)
		if err != nil {
			return err
		}
		if err := store.MayFinish(i, t.ledger, s.old, r.State); err != nil {
			return err
		}
		if err := l.commitTo(t, r); err != nil {
			return err
		}
		return t.store(s, s.old.After(r))
	})
}

// Settle is the only way out of in doubt: the key becomes accepted or rejected where the receiver has said so, retry or
// scheduled where it is certain that nothing arrived, dropped by the operator's decision, or stays in doubt with
// another due time. The number is that of the intent in doubt; a key that has moved on is refused.
func (l *Ledger) Settle(key store.Key, intent uint64, r store.Result) error {
	return l.update(func(t *txn) error {
		s, err := t.load(key)
		if err != nil {
			return err
		}
		if err := store.MaySettle(key, intent, s.old, r.State); err != nil {
			return err
		}
		return t.store(s, s.old.After(r))
	})
}
