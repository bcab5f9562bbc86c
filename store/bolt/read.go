package bolt

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"acsync/store"
)

// Lookup finds what the ledger holds of the conversations that keys name, all as of one moment: the records of the keys,
// and those of other keys of the same conversations, with and without a resolution, and of their recovery. Keys of which the ledger has never
// heard are absent from the map; the others are there as they were given.
func (l *Ledger) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found := make(map[store.Key]store.Record, len(keys))
	err := l.view(func(t *txn) error {
		for _, k := range keys {
			if err := t.family(k, found); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// family finds all the keys of a conversation. The id stays written as it was given.
func (t *txn) family(k store.Key, found map[store.Key]store.Record) error {
	for _, key := range []store.Key{{Conversation: k.Conversation}, {Conversation: k.Conversation, Recovery: true}} {
		s, err := t.load(key)
		if err != nil {
			return err
		}
		if s.old.State != store.Unknown {
			found[key] = s.old
		}
	}
	stem, err := pairStem(k.Conversation)
	if err != nil {
		return err
	}
	c := t.keys.Cursor()
	for code, v := c.Seek(stem); bytes.HasPrefix(code, stem); code, v = c.Next() {
		key, err := decodeKey(code)
		if err != nil {
			return err
		}
		if key.Resolution == 0 || !strings.EqualFold(key.Conversation, k.Conversation) {
			continue // the conversation's own key, or one of another whose code begins alike
		}
		r, err := t.decode(key, code, v)
		if err != nil {
			return err
		}
		found[store.Key{Conversation: k.Conversation, Resolution: key.Resolution}] = r
	}
	return nil
}

// Due gives what is to be taken up again by now: scheduled, retry and in-doubt keys, the longest due first. A limit of 0
// or less is none.
func (l *Ledger) Due(now time.Time, limit int) ([]store.Entry, error) {
	return l.waiting(limit, []store.State{store.Scheduled, store.Retry, store.InDoubt}, func(e store.Entry) (take, more bool) {
		due := !e.Due.After(now)
		return due, due
	})
}

// Waiting gives what waits in any of the states, whether due or not, the first due first; without states, all that waits.
// A limit of 0 or less is none.
func (l *Ledger) Waiting(limit int, states ...store.State) ([]store.Entry, error) {
	if len(states) == 0 {
		states = []store.State{store.Scheduled, store.Retry, store.InDoubt}
	}
	return l.waiting(limit, states, func(e store.Entry) (take, more bool) { return slices.Contains(states, e.State), true })
}

// most is how many entries of the due index can be in one of the states: so that nobody goes through a hundred thousand that
// wait for their time to find that none is in doubt.
func (t *txn) most(states []store.State) (int, error) {
	c, err := decodeCounts(t.meta.Get(metaCounts))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range states {
		n += int(c[s])
	}
	return n, nil
}

// waiting goes through the due index, until it has all that can be in one of the states.
func (l *Ledger) waiting(limit int, states []store.State, choose func(store.Entry) (take, more bool)) ([]store.Entry, error) {
	var list []store.Entry
	err := l.view(func(t *txn) error {
		most, err := t.most(states)
		if err != nil || most == 0 {
			return err
		}
		if limit > 0 {
			most = min(most, limit)
		}
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
			if !more || len(list) == most {
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
func (t *txn) dueEntry(k []byte) (store.Entry, error) {
	if len(k) <= rawTime {
		return store.Entry{}, damaged("the due index has a key of %d bytes", len(k))
	}
	e, err := t.entry(k[rawTime:])
	if err != nil {
		return store.Entry{}, err
	}
	if !e.State.Waiting() || !bytes.Equal(sortable(e.Due), k[:rawTime]) {
		return store.Entry{}, damaged("%s is in the due index but %s", e.Conversation, e.State)
	}
	return e, nil
}

// Runs gives the summaries of past passes, the newest first. A limit of 0 or less is none.
func (l *Ledger) Runs(limit int) ([]store.Run, error) {
	var list []store.Run
	err := l.view(func(t *txn) error {
		c := t.runs.Cursor()
		for k, v := c.Last(); k != nil && (limit <= 0 || len(list) < limit); k, v = c.Prev() {
			var r store.Run
			if !t.unmarshal(k, v, &r) {
				return unreadRun(k)
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

func unreadRun(key []byte) error { return damaged("the summary %x of a pass cannot be read", key) }

// readable makes sure of the summaries and the back-fills: what a pass may ask for is found damaged before it sends anything.
func (t *txn) readable() error {
	err := t.runs.ForEach(func(k, v []byte) error {
		if _, ok := t.unsummed(k, v); !ok {
			return unreadRun(k)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.backfills.ForEach(func(code, _ []byte) error {
		_, err := t.backfill(code)
		return err
	})
}

// stride is how many keys Each reads at a time: a transaction that reads for long keeps old pages from being used again.
const stride = 1000

// Each calls fn with every key in the order of keys: ids of text first, then hex ids, which sort by the creation of
// the conversation. Fn may use the ledger; what it changes is seen where it lies ahead. An error of fn ends the walk
// and is given back as it is.
func (l *Ledger) Each(fn func(store.Entry) error) error {
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
func (l *Ledger) page(last []byte) (list []store.Entry, next []byte, err error) {
	err = l.view(func(t *txn) error {
		c := t.keys.Cursor()
		k, v := c.Seek(last)
		if k != nil && bytes.Equal(k, last) {
			k, v = c.Next()
		}
		for ; k != nil; k, v = c.Next() {
			e, err := t.entryOf(k, v)
			if err != nil {
				return err
			}
			list = append(list, e)
			if len(list) == stride {
				next = bytes.Clone(k)
				return nil
			}
		}
		return nil
	})
	return list, next, err
}
