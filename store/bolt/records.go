package bolt

import (
	"bytes"
	"math/bits"
	"slices"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// fill is how full a page of keys is left when it is split. Keys arrive nearly sorted, in the order in which
// conversations are marked done; measured over that order, the file is smallest with this.
const fill = 0.5

var waitingStates = []store.State{store.Scheduled, store.Retry, store.InDoubt}

// records are the keys with their records in one transaction. Every change goes through put and remove, which
// keep the indexes and the counts in step.
type records struct {
	keys, intents, due *bbolt.Bucket
	reasons            reasons
	counts             counts
	accepted           uint64 // keys that ever became accepted
	changed            bool   // and so the counts
	sought             int    // keys, in this transaction
}

const (
	// dropEvery is after how many keys of one transaction pages are let go of. Linux maps sixteen for each that
	// is read.
	dropEvery = 128
	// leastDropped is the size from which that is worth the while, in bytes.
	leastDropped = 1 << 20
)

// dropPages lets go of the pages that were read, while a transaction keeps them mapped. Otherwise the process
// would grow with the ledger, by what the system has in its cache in any case.
func dropPages(tx *bbolt.Tx) {
	// Not beyond what is mapped for certain.
	size := min(tx.Size(), mapped)
	if bits.UintSize == 64 && size >= leastDropped {
		adviseUnneeded(tx.DB().Info().Data, size)
	}
}

// slot is a key with what the ledger holds for it; its state is Unknown where there is nothing.
type slot struct {
	code []byte
	store.Entry
}

// load finds what the ledger holds of a key. Of a conversation that was forgotten each key has the record
// that says so; nothing is ever written in its place, as all rules of package store refuse that.
func (r *records) load(k store.Key) (slot, error) {
	c := r.keys.Cursor()
	code, found, err := r.get(c, k)
	if err == nil && found.State == store.Unknown {
		_, found, err = r.get(c, store.ErasedKey(k.Conversation))
	}
	return slot{code, store.Entry{Key: k, Record: found}}, err
}

// get finds what stands under a key itself, with a cursor of the keys: one serves for many.
func (r *records) get(c *bbolt.Cursor, k store.Key) (code []byte, found store.Record, err error) {
	if code, err = store.EncodeKey(k); err != nil {
		return nil, found, err
	}
	if r.sought++; r.sought%dropEvery == 0 {
		dropPages(r.keys.Tx())
	}
	if at, v := c.Seek(code); bytes.Equal(at, code) {
		found, err = r.decode(k, code, v)
	}
	return code, found, err
}

// indexed reads the record of a key found in one of the indexes, where it must be.
func (r *records) indexed(code []byte) (store.Entry, error) {
	v := r.keys.Get(code)
	if v == nil {
		return store.Entry{}, damaged("%x is listed in an index and has no record", code)
	}
	return r.entry(code, v)
}

func (r *records) entry(code, value []byte) (store.Entry, error) {
	k, err := store.DecodeKey(code)
	if err != nil {
		return store.Entry{}, err
	}
	record, err := r.decode(k, code, value)
	return store.Entry{Key: k, Record: record}, err
}

func (r *records) decode(k store.Key, code, value []byte) (store.Record, error) {
	record, reason, err := decodeRecord(k, code, value)
	if err == nil {
		record.Reason, err = r.reasons.text(reason)
	}
	return record, err
}

// behind gives the entries behind a key, or all of them, one after the other while more says so.
func (r *records) behind(last []byte, more func(code []byte, e store.Entry) bool) error {
	c := r.keys.Cursor()
	k, v := c.Seek(last)
	if k != nil && bytes.Equal(k, last) {
		k, v = c.Next()
	}
	for ; k != nil; k, v = c.Next() {
		e, err := r.entry(k, v)
		if err != nil || !more(k, e) {
			return err
		}
	}
	return nil
}

// put puts a record in the place of what a slot held, with all that hangs on it.
func (r *records) put(s slot, next store.Record) error {
	next, err := next.Dated(s.Record, r.intents.Sequence()).Normalize()
	if err != nil {
		return err
	}
	if err := r.unlist(s, next.State); err != nil {
		return err
	}
	if next.State == store.Accepted && s.State != store.Accepted {
		r.accepted++
	}
	switch {
	case next.State.Waiting():
		err = r.due.Put(dueCode(next, s.code), []byte{})
	case next.State == store.Sending:
		err = r.intents.Put(s.code, numberValue(next.Intent))
	}
	if err != nil {
		return err
	}
	reason, err := r.reasons.number(next.Reason)
	if err != nil {
		return err
	}
	return r.keys.Put(s.code, encodeRecord(s.Key, s.code, next, reason))
}

// remove deletes what a slot holds, with all that hangs on it.
func (r *records) remove(s slot) error {
	if err := r.unlist(s, store.Unknown); err != nil {
		return err
	}
	return r.keys.Delete(s.code)
}

// unlist takes the old record of a slot out of the indexes and the counts.
func (r *records) unlist(s slot, next store.State) error {
	r.changed = true
	if err := r.counts.move(s.State, next); err != nil {
		return err
	}
	switch {
	case s.State.Waiting():
		return r.due.Delete(dueCode(s.Record, s.code))
	case s.State == store.Sending:
		return r.intents.Delete(s.code)
	}
	return nil
}

// dueCode is the key of the due index: first the time, then the key itself.
func dueCode(r store.Record, code []byte) []byte { return slices.Concat(sortable(r.Due), code) }
