package bolt

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// Reader reads a ledger.
type Reader struct{ *database }

// Info tells what the ledger says of itself. It takes the same short time whatever the size of the ledger.
func (r Reader) Info() (store.Info, error) {
	return read(r.database, func(t *txn) (info store.Info, err error) {
		stat, err := r.handle.Stat()
		if err != nil {
			return info, err
		}
		info.Path, info.ID, info.Size = r.path, r.id, stat.Size()
		return info, t.describe(&info)
	})
}

// Placement tells where the ledger is, as it was when it was opened.
func (r Reader) Placement() store.Placement {
	r.inside.RLock()
	defer r.inside.RUnlock()
	return r.place.placement()
}

// Lookup finds what the ledger holds of the conversations that keys name, all as of one moment: the records
// of the keys, and those of other keys of the same conversations, with and without a resolution, and of their
// recovery. Keys of which the ledger has never heard are absent from the map; the others are there as they
// were given. Of a conversation that was forgotten there is one record, without a resolution.
func (r Reader) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	return read(r.database, func(t *txn) (map[store.Key]store.Record, error) {
		found := make(map[store.Key]store.Record, len(keys))
		c := t.records.keys.Cursor()
		for _, k := range keys {
			if err := lookupConversation(t, c, k.Conversation, found); err != nil {
				return nil, err
			}
		}
		return found, nil
	})
}

func lookupConversation(t *txn, c *bbolt.Cursor, id string, found map[store.Key]store.Record) error {
	_, gone, err := t.records.get(c, store.ErasedKey(id))
	if err != nil {
		return err
	}
	// There is nothing else of it.
	if gone.State != store.Unknown {
		found[store.Key{Conversation: id}] = gone
		return nil
	}
	for _, key := range []store.Key{{Conversation: id}, {Conversation: id, Recovery: true}} {
		_, record, err := t.records.get(c, key)
		if err != nil {
			return err
		}
		if record.State != store.Unknown {
			found[key] = record
		}
	}
	prefix, err := store.ResolutionPrefix(id)
	if err != nil {
		return err
	}
	for code, v := c.Seek(prefix); bytes.HasPrefix(code, prefix); code, v = c.Next() {
		e, err := t.records.entry(code, v)
		if err != nil {
			return err
		}
		// Others are the conversation's own key, or one of another whose code begins alike.
		if e.Key.Resolution != 0 && strings.EqualFold(e.Conversation, id) {
			found[store.Key{Conversation: id, Resolution: e.Key.Resolution}] = e.Record
		}
	}
	return nil
}

// Due gives what is to be taken up again by now: scheduled, retry and in-doubt keys, the longest due first. A
// limit of 0 or less is none.
func (r Reader) Due(now time.Time, limit int) ([]store.Entry, error) {
	return r.waiting(limit, waitingStates, func(e store.Entry) bool { return !e.Due.After(now) })
}

// Waiting gives what waits in any of the states, whether due or not, the first due first; without states, all
// that waits. A limit of 0 or less is none.
func (r Reader) Waiting(limit int, states ...store.State) ([]store.Entry, error) {
	if len(states) == 0 {
		states = waitingStates
	}
	return r.waiting(limit, states, func(store.Entry) bool { return true })
}

// waiting goes through the due index while more says so, and ends when it has all that can be in the states:
// nobody goes through a hundred thousand that wait to find that none is in doubt.
func (r Reader) waiting(
	limit int, states []store.State, more func(store.Entry) bool,
) ([]store.Entry, error) {
	return read(r.database, func(t *txn) (list []store.Entry, err error) {
		most := t.records.counts.among(states...)
		if limit > 0 {
			most = min(most, limit)
		}
		c := t.records.due.Cursor()
		for k, _ := c.First(); k != nil && len(list) < most; k, _ = c.Next() {
			e, err := dueEntry(t, k)
			if err != nil || !more(e) {
				return list, err
			}
			if slices.Contains(states, e.State) {
				list = append(list, e)
			}
		}
		return list, nil
	})
}

// dueEntry reads the record behind an entry of the due index, and makes sure that both agree.
func dueEntry(t *txn, k []byte) (store.Entry, error) {
	if len(k) <= rawTime {
		return store.Entry{}, damaged("the due index has a key of %d bytes", len(k))
	}
	e, err := t.records.indexed(k[rawTime:])
	if err == nil && (!e.State.Waiting() || !bytes.Equal(sortable(e.Due), k[:rawTime])) {
		err = damaged("%s is in the due index but %s", e.Conversation, e.State)
	}
	return e, err
}

// Runs gives the summaries of past passes, the newest first. A limit of 0 or less is none.
func (r Reader) Runs(limit int) ([]store.Run, error) {
	return read(r.database, func(t *txn) (list []store.Run, err error) {
		err = t.runs.newest(func(run store.Run) bool {
			list = append(list, run)
			return len(list) != limit
		})
		return list, err
	})
}

// Backfill tells how far the back-fill of a range has come; zero for one that was never begun.
func (r Reader) Backfill(from, to time.Time) (store.Backfill, error) {
	return read(r.database, func(t *txn) (store.Backfill, error) {
		return t.backfills.get(backfillCode(from, to))
	})
}

// Backfills gives all back-fills, by the beginning of their ranges.
func (r Reader) Backfills() ([]store.Backfill, error) {
	return read(r.database, func(t *txn) ([]store.Backfill, error) { return t.backfills.all() })
}

// stride is how many keys Each reads at once: a long transaction keeps old pages from being used again.
const stride = 1000

// Each calls fn with every key but those of what was forgotten: ids of text first, then hex ids by the
// creation of the conversation. Fn may use the ledger; what it changes is seen where it lies ahead. An
// error of fn ends the walk and is given back.
func (r Reader) Each(fn func(store.Entry) error) error {
	for last, more := []byte(nil), true; more; {
		list, err := read(r.database, func(t *txn) (list []store.Entry, err error) {
			more = false
			err = t.records.behind(last, func(code []byte, e store.Entry) bool {
				if list = append(list, e); len(list) == stride {
					last, more = bytes.Clone(code), true
				}
				return !more
			})
			return list, err
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.Erased() {
				continue
			}
			if err := fn(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// Erased gives what the ledger keeps of conversations that were forgotten: entries that name none of them.
func (r Reader) Erased() ([]store.Entry, error) { return read(r.database, erased) }

func erased(t *txn) (list []store.Entry, err error) {
	prefix := store.ErasedCodePrefix()
	err = t.records.behind(prefix, func(code []byte, e store.Entry) bool {
		if e.Erased() {
			list = append(list, e)
		}
		return bytes.HasPrefix(code, prefix)
	})
	return list, err
}
