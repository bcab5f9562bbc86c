package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// Lookup finds the records of keys, all as of one moment. Keys of which the ledger has never heard are absent from the
// map; the others are there as they were given.
func (l *Ledger) Lookup(keys []Key) (map[Key]Record, error) {
	found := make(map[Key]Record, len(keys))
	err := l.view(func(t *txn) error {
		for _, k := range keys {
			s, err := t.load(k)
			if err != nil {
				return err
			}
			if s.old.State != Unknown {
				found[k] = s.old
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Due gives what is to be taken up again by now: scheduled, retry and in-doubt keys, the longest due first. A limit of 0
// or less is none.
func (l *Ledger) Due(now time.Time, limit int) ([]Entry, error) {
	return l.waiting(limit, func(e Entry) (take, more bool) {
		due := !e.Due.After(now)
		return due, due
	})
}

// Waiting gives what waits in any of the states, whether due or not, the first due first; without states, all that waits.
// A limit of 0 or less is none.
func (l *Ledger) Waiting(limit int, states ...State) ([]Entry, error) {
	return l.waiting(limit, func(e Entry) (take, more bool) {
		return len(states) == 0 || slices.Contains(states, e.State), true
	})
}

// waiting goes through the due index.
func (l *Ledger) waiting(limit int, choose func(Entry) (take, more bool)) ([]Entry, error) {
	var list []Entry
	err := l.view(func(t *txn) error {
		c := t.due.Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			e, err := t.dueEntry(k)
			if err != nil {
				return err
			}
			take, more := choose(e)
			if take {
				list = append(list, e)
			}
			if !more || (limit > 0 && len(list) == limit) {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// dueEntry reads the record behind an entry of the due index, and makes sure that both agree.
func (t *txn) dueEntry(k []byte) (Entry, error) {
	if len(k) <= rawTime {
		return Entry{}, damaged("the due index has a key of %d bytes", len(k))
	}
	e, err := t.entry(k[rawTime:])
	if err != nil {
		return Entry{}, err
	}
	if !e.State.Waiting() || !bytes.Equal(sortable(e.Due), k[:rawTime]) {
		return Entry{}, damaged("%s is in the due index but %s", e.Conversation, e.State)
	}
	return e, nil
}

// Runs gives the summaries of past passes, the newest first. A limit of 0 or less is none.
func (l *Ledger) Runs(limit int) ([]Run, error) {
	var list []Run
	err := l.view(func(t *txn) error {
		c := t.runs.Cursor()
		for k, v := c.Last(); k != nil && (limit <= 0 || len(list) < limit); k, v = c.Prev() {
			var r Run
			if err := json.Unmarshal(v, &r); err != nil {
				return damaged("the summary %x of a pass cannot be read", k)
			}
			list = append(list, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// stride is how many keys Each reads at a time: a transaction that reads for long keeps old pages from being used again.
const stride = 1000

// Each calls fn with every key in the order of keys: ids of text first, then hex ids, which sort by the creation of
// the conversation. Fn may use the ledger; what it changes is seen where it lies ahead. An error of fn ends the walk
// and is given back as it is.
func (l *Ledger) Each(fn func(Entry) error) error {
	var last []byte
	for {
		list, next, err := l.page(last)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := fn(e); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		last = next
	}
}

// page reads up to stride entries behind a key; next is the key to go on behind, nil at the end.
func (l *Ledger) page(last []byte) (list []Entry, next []byte, err error) {
	err = l.view(func(t *txn) error {
		if err := l.walked(); err != nil {
			return err
		}
		c := t.keys.Cursor()
		k, v := c.Seek(last)
		if k != nil && bytes.Equal(k, last) {
			k, v = c.Next()
		}
		for ; k != nil; k, v = c.Next() {
			key, err := decodeKey(k)
			if err != nil {
				return err
			}
			r, err := t.decode(key, k, v)
			if err != nil {
				return err
			}
			list = append(list, Entry{Key: key, Record: r})
			if len(list) == stride {
				next = bytes.Clone(k)
				return nil
			}
		}
		return nil
	})
	return list, next, err
}
