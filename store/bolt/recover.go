package bolt

import (
	"bytes"
	"encoding/binary"
	"time"

	"acsync/store"
)

// OpenIntents gives the keys whose intents are open: what is being sent, or was when a pass broke off.
func (l *Ledger) OpenIntents() ([]store.Entry, error) {
	var list []store.Entry
	err := l.view(func(t *txn) error {
		var err error
		list, err = t.open()
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// open reads the open intents.
func (t *txn) open() ([]store.Entry, error) {
	var list []store.Entry
	err := t.intents.ForEach(func(code, number []byte) error {
		e, err := t.entry(code)
		if err != nil {
			return err
		}
		if e.State != store.Sending || !bytes.Equal(number, binary.BigEndian.AppendUint64(nil, e.Intent)) {
			return damaged("%s has an open intent but is %s", e.Conversation, e.State)
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// Recover puts in doubt, due now, whatever a pass that broke off left open, and gives those keys as they are then. It is
// called when no intent of this process is open; after a clean pass it finds nothing and writes nothing.
func (l *Ledger) Recover(now time.Time) ([]store.Entry, error) {
	if list, err := l.OpenIntents(); err != nil || len(list) == 0 {
		return nil, err
	}
	var list []store.Entry
	err := l.update(func(t *txn) error {
		var err error
		if list, err = t.open(); err != nil {
			return err
		}
		for i := range list {
			if list[i], err = t.interrupt(list[i].Key, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (t *txn) interrupt(k store.Key, now time.Time) (store.Entry, error) {
	s, err := t.load(k)
	if err != nil {
		return store.Entry{}, err
	}
	if err := t.store(s, s.old.After(store.Result{State: store.InDoubt, Reason: store.ReasonInterrupted, At: now, Due: now})); err != nil {
		return store.Entry{}, err
	}
	s, err = t.load(k)
	return store.Entry{Key: k, Record: s.old}, err
}
