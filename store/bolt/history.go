package bolt

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

const (
	checksumFormat = 4 // since this format reasons, summaries and back-fills end with a checksum
	checksumBytes  = 4
	reasonBytes    = 8 // of the number of a reason
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a CRC-32C over key and value: a value of another key fails it too.
func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

func withChecksum(key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(slices.Clip(value), checksum(key, value))
}

type summed struct {
	*bbolt.Bucket
	plain bool // of an older format, without checksums
}

// strip gives a value without its checksum; false where that does not fit.
func (s summed) strip(key, value []byte) ([]byte, bool) {
	if s.plain {
		return value, true
	}
	end := len(value) - checksumBytes
	if end < 0 || binary.BigEndian.Uint32(value[end:]) != checksum(key, value[:end]) {
		return nil, false
	}
	return value[:end], true
}

func (s summed) unmarshal(key, value []byte, into any) bool {
	text, ok := s.strip(key, value)
	return ok && json.Unmarshal(text, into) == nil
}

func (s summed) put(key, value []byte) error { return s.Put(key, withChecksum(key, value)) }

// marshal writes a value, which errors call by a name, as JSON.
func (s summed) marshal(name string, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return s.put(key, text)
}

// reasons number the texts of reasons in one transaction.
type reasons struct {
	summed
	texts map[uint64]string // read when the first is asked for
}

func (r *reasons) load() error {
	texts := make(map[uint64]string)
	err := r.ForEach(func(text, v []byte) error {
		n, err := r.parse(text, v)
		if _, twice := texts[n]; twice && err == nil {
			err = damaged("the reason %q has the number %d of another", text, n)
		}
		texts[n] = string(text)
		return err
	})
	r.texts = texts
	return err
}

func (r *reasons) parse(text, value []byte) (uint64, error) {
	v, ok := r.strip(text, value)
	if !ok || len(v) != reasonBytes || binary.BigEndian.Uint64(v) == 0 {
		return 0, damaged("the reason %q has no number, or fails its checksum", text)
	}
	return binary.BigEndian.Uint64(v), nil
}

// number gives the number of a reason, a new one where it has none yet; 0 stands for no reason.
func (r *reasons) number(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	if v := r.Get([]byte(text)); v != nil {
		return r.parse([]byte(text), v)
	}
	n, err := r.NextSequence()
	if err != nil {
		return 0, err
	}
	if r.texts != nil {
		r.texts[n] = text
	}
	return n, r.put([]byte(text), numberValue(n))
}

func (r *reasons) text(n uint64) (string, error) {
	if n == 0 {
		return "", nil
	}
	if r.texts == nil {
		if err := r.load(); err != nil {
			return "", err
		}
	}
	text, ok := r.texts[n]
	if !ok {
		return "", damaged("a record has the reason number %d, which has no text", n)
	}
	return text, nil
}

// runs are the summaries of passes in one transaction, by their number.
type runs struct{ summed }

// add writes a summary, in the place of what was known of the pass before it came to its end.
func (r runs) add(run *store.Run) error {
	if err := r.withdraw(run); err != nil {
		return err
	}
	n, err := r.NextSequence()
	if err != nil {
		return err
	}
	return r.marshal("the summary of pass "+run.Pass, numberValue(n), run)
}

// withdraw takes away what a pass was said to have done as long as it had not ended. It is not searched
// for among the passes that ended before this one began.
func (r runs) withdraw(run *store.Run) error {
	c := r.Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		var known store.Run
		switch {
		case !r.unmarshal(k, v, &known), known.Ended.Before(run.Started):
			return nil
		case known.Pass == run.Pass && known.Killed:
			return c.Delete()
		}
	}
	return nil
}

func (r runs) newest(more func(store.Run) bool) error {
	c := r.Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		var run store.Run
		if !r.unmarshal(k, v, &run) {
			return damaged("the summary %x of a pass cannot be read", k)
		}
		if !more(run) {
			return nil
		}
	}
	return nil
}

// check makes sure that every summary is whole: what a pass may ask for is found damaged before it sends
// anything. Deep reads each as well.
func (r runs) check(deep bool) (found []error) {
	_ = r.ForEach(func(k, v []byte) error {
		_, whole := r.strip(k, v)
		if !whole || deep && (len(k) != 8 || !r.unmarshal(k, v, new(store.Run))) {
			found = append(found, damaged("the summary %x of a pass cannot be read", k))
		}
		return nil
	})
	return found
}

// lastBegun is when the last pass began that left a summary without a checksum, or else created.
func (r runs) lastBegun(created time.Time) time.Time {
	var last store.Run
	_, text := r.Cursor().Last()
	if text == nil || json.Unmarshal(text, &last) != nil || last.Started.IsZero() ||
		!validTime(last.Started) {
		return created
	}
	return last.Started
}

// backfillValue is what the ledger keeps of a back-fill; its range is the key.
type backfillValue struct {
	Position time.Time `json:"position"`
	Begun    time.Time `json:"begun"`
	Finished time.Time `json:"finished,omitzero"`
}

// backfills are how far back-fills have come, in one transaction, by the beginning of their ranges.
type backfills struct{ summed }

func (b backfills) get(code []byte) (store.Backfill, error) {
	text := b.Get(code)
	if text == nil {
		return store.Backfill{}, nil
	}
	var v backfillValue
	if len(code) != 2*rawTime || !b.unmarshal(code, text, &v) || v.Position.IsZero() || v.Begun.IsZero() {
		return store.Backfill{}, damaged("the back-fill %x cannot be read", code)
	}
	found := store.Backfill{
		From: unsortable(code[:rawTime]), Position: v.Position, Begun: v.Begun, Finished: v.Finished,
	}
	if string(code[rawTime:]) != string(make([]byte, rawTime)) {
		found.To = unsortable(code[rawTime:])
	}
	return found, nil
}

func (b backfills) all() (list []store.Backfill, err error) {
	err = b.ForEach(func(code, _ []byte) error {
		each, err := b.get(code)
		list = append(list, each)
		return err
	})
	return list, err
}

func (b backfills) move(next store.Backfill) error {
	code := backfillCode(next.From, next.To)
	old, err := b.get(code)
	if err != nil {
		return err
	}
	if err := store.MayMove(old, next); err != nil {
		return err
	}
	return b.marshal("the position of a back-fill", code,
		backfillValue{milli(next.Position), milli(next.Begun), milli(next.Finished)})
}

// backfillCode is both ends of the range, where zeros stand for an end that is not fixed.
func backfillCode(from, to time.Time) []byte {
	if to.IsZero() {
		return append(sortable(from), make([]byte, rawTime)...)
	}
	return append(sortable(from), sortable(to)...)
}

// milli rounds a time down; zero stays zero, which lies on a millisecond.
func milli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
