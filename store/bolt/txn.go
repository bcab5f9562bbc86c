package bolt

import (
	"encoding/binary"
	"slices"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// The names of the buckets.
var (
	bucketMeta      = []byte("meta")
	bucketKeys      = []byte("keys")
	bucketIntents   = []byte("intents")
	bucketDue       = []byte("due")
	bucketRuns      = []byte("runs")
	bucketReasons   = []byte("reasons")
	bucketBackfills = []byte("backfills") // since format 2
)

// fill is how full a page of keys is left when it is split. Keys arrive nearly sorted, in the order in which conversations
// are marked done; measured over that order, the file is smallest with this.
const fill = 0.5

// txn is one transaction with its buckets at hand. Every change of a record goes through store, which keeps the
// indexes and the counts in step.
type txn struct {
	meta, keys, intents, due, runs, reasons, backfills *bbolt.Bucket

	format   int
	id       uint64            // the ledger's own number of the last change; of this one in a transaction that writes
	accepted uint64            // keys that ever became accepted
	ledger   string            // id of the ledger
	doubted  bool              // see Ledger.doubted
	foreign  uint64            // imported in this one: accepted, and not asked for by this ledger
	known    *reasons          // of earlier transactions
	fresh    map[string]uint64 // reasons numbered in this one
	counts   *counts           // nil until first needed
}

// begin finds the buckets.
func (l *Ledger) begin(b *bbolt.Tx) (*txn, error) {
	t := &txn{ledger: l.id, doubted: l.doubted, known: &l.reasons}
	for _, e := range []struct {
		name []byte
		at   **bbolt.Bucket
	}{
		{bucketMeta, &t.meta},
		{bucketKeys, &t.keys},
		{bucketIntents, &t.intents},
		{bucketDue, &t.due},
		{bucketRuns, &t.runs},
		{bucketReasons, &t.reasons},
		{bucketBackfills, &t.backfills},
	} {
		if *e.at = b.Bucket(e.name); *e.at == nil {
			return nil, damaged("the bucket %q is not there; it may not be a ledger", e.name)
		}
	}
	t.keys.FillPercent = fill
	var err error
	if t.format, err = readFormat(t.meta); err != nil {
		return nil, err
	}
	return t, t.number(b.Writable())
}

// number reads the counters that the fence holds the ledger against. They are the ledger's own because bbolt's number
// of a transaction begins anew in a compacted file.
func (t *txn) number(writes bool) error {
	var err error
	if t.id, err = readNumber(t.meta, metaTransaction); err != nil {
		return err
	}
	if writes {
		t.id++
	}
	t.accepted, err = readNumber(t.meta, metaAccepted)
	return err
}

// finish writes what the transaction has gathered.
func (t *txn) finish() error {
	if err := t.meta.Put(metaTransaction, numberValue(t.id)); err != nil {
		return err
	}
	if t.doubted { // half a repair must not pass for a whole one
		if err := t.meta.Put(metaDistrusted, []byte{1}); err != nil {
			return err
		}
	}
	if t.foreign > 0 {
		before, err := optionalNumber(t.meta, metaForeign)
		if err != nil {
			return err
		}
		if err := t.meta.Put(metaForeign, numberValue(before+t.foreign)); err != nil {
			return err
		}
	}
	if t.counts == nil {
		return nil
	}
	if err := t.meta.Put(metaAccepted, numberValue(t.accepted)); err != nil {
		return err
	}
	return t.meta.Put(metaCounts, t.counts.encode())
}

// slot is a key with what the ledger holds for it; its state is Unknown where there is nothing.
type slot struct {
	key  store.Key
	code []byte
	old  store.Record
}

// load looks a key up.
func (t *txn) load(k store.Key) (slot, error) {
	code, err := encodeKey(k)
	if err != nil {
		return slot{}, err
	}
	s := slot{key: k, code: code}
	if v := t.keys.Get(code); v != nil {
		s.old, err = t.decode(k, code, v)
	}
	return s, err
}

// entry reads the record of a key found in one of the indexes, where it must be.
func (t *txn) entry(code []byte) (store.Entry, error) {
	v := t.keys.Get(code)
	if v == nil {
		return store.Entry{}, damaged("%x is listed in an index and has no record", code)
	}
	return t.entryOf(code, v)
}

// entryOf reads a key and its record.
func (t *txn) entryOf(code, value []byte) (store.Entry, error) {
	k, err := decodeKey(code)
	if err != nil {
		return store.Entry{}, err
	}
	r, err := t.decode(k, code, value)
	return store.Entry{Key: k, Record: r}, err
}

func (t *txn) decode(k store.Key, code, value []byte) (store.Record, error) {
	r, number, err := decodeRecord(k, code, value)
	if err != nil || number == 0 {
		return r, err
	}
	r.Reason, err = t.reason(number)
	return r, err
}

// store puts a record in the place of what a slot held, with all that hangs on it.
func (t *txn) store(s slot, r store.Record) error {
	r, err := r.Dated(s.old, t.intents.Sequence()).Normalize()
	if err != nil {
		return err
	}
	if err := t.count(s.old.State, r.State); err != nil {
		return err
	}
	if err := t.unlist(s); err != nil {
		return err
	}
	if err := t.list(s.code, r); err != nil {
		return err
	}
	number, err := t.intern(r.Reason)
	if err != nil {
		return err
	}
	return t.keys.Put(s.code, encodeRecord(s.key, s.code, r, number))
}

// unlist takes the old record of a slot out of the indexes.
func (t *txn) unlist(s slot) error {
	switch {
	case s.old.State.Waiting():
		return t.due.Delete(dueCode(s.old, s.code))
	case s.old.State == store.Sending:
		return t.intents.Delete(s.code)
	}
	return nil
}

// list enters a new record into the indexes.
func (t *txn) list(code []byte, r store.Record) error {
	switch {
	case r.State.Waiting():
		return t.due.Put(dueCode(r, code), []byte{})
	case r.State == store.Sending:
		return t.intents.Put(code, binary.BigEndian.AppendUint64(nil, r.Intent))
	}
	return nil
}

// dueCode is the key of the due index: first the time, then the key itself.
func dueCode(r store.Record, code []byte) []byte {
	return slices.Concat(sortable(r.Due), code)
}
