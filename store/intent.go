package store

import (
	"fmt"
	"time"
)

// Intent is the durable note that a survey request is about to be sent.
type Intent struct {
	Key     Key
	Number  uint64 // grows with every intent of the ledger; never used twice
	Ledger  string // id of the ledger
	Attempt int    // how many intents the key has had, this one included
}

// String is the stamp of the survey request: the id of the ledger, a hyphen, the number in hex.
func (i Intent) String() string { return fmt.Sprintf("%s-%x", i.Ledger, i.Number) }

// Result is what became of an intent.
type Result struct {
	State  State
	Reason string    // a short stable code; may be empty
	Status int       // the HTTP status; 0 where there was none
	At     time.Time // when it was known
	Due    time.Time // when a waiting key is taken up again; zero is at once
}

// Begin notes that a survey request for the key is about to be sent: the key is sending, and an intent is open. When it
// returns without an error the note is on the disk. A key that is sending, in doubt or final is refused, so that of
// two that begin the same key one is told. The resolution is kept with the key.
func (l *Ledger) Begin(key Key, resolution, now time.Time) (Intent, error) {
	var i Intent
	err := l.update(func(t *txn) error {
		s, err := t.load(key)
		if err != nil {
			return err
		}
		if err := MayBegin(key, s.old); err != nil {
			return err
		}
		n, err := t.intents.NextSequence()
		if err != nil {
			return err
		}
		i = Intent{Key: key, Number: n, Ledger: t.ledger, Attempt: s.old.Attempts + 1}
		return t.store(s, s.old.Sending(i, resolution, now))
	})
	if err != nil {
		return Intent{}, err
	}
	return i, nil
}

// Finish notes the outcome of an intent: accepted, rejected, retry, in doubt, or scheduled for another time. An intent
// that is not the open one of its key is refused.
func (l *Ledger) Finish(i Intent, r Result) error {
	return l.update(func(t *txn) error {
		s, err := t.load(i.Key)
		if err != nil {
			return err
		}
		if err := MayFinish(i, t.ledger, s.old, r.State); err != nil {
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
func (l *Ledger) Settle(key Key, intent uint64, r Result) error {
	return l.update(func(t *txn) error {
		s, err := t.load(key)
		if err != nil {
			return err
		}
		if err := MaySettle(key, intent, s.old, r.State); err != nil {
			return err
		}
		return t.store(s, s.old.After(r))
	})
}
