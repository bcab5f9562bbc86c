package bolt

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// backfillValue is what the ledger keeps of a back-fill; its range is the key.
type backfillValue struct {
	Position time.Time `json:"position"`
	Begun    time.Time `json:"begun"`
	Finished time.Time `json:"finished,omitzero"`
}

// backfills are how far back-fills have come, in one transaction, by the beginning of their ranges.
type backfills struct {
	*bbolt.Bucket
	sums checksums
}

// get reads a back-fill; it is zero where there is none.
func (b backfills) get(code []byte) (store.Backfill, error) {
	text := b.Get(code)
	if text == nil {
		return store.Backfill{}, nil
	}
	var v backfillValue
	if len(code) != 2*rawTime || !b.sums.unmarshal(code, text, &v) || v.Position.IsZero() ||
		v.Begun.IsZero() {
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

// move writes how far a back-fill has come, unless it is nil.
func (b backfills) move(next *store.Backfill) error {
	if next == nil {
		return nil
	}
	code := backfillCode(next.From, next.To)
	old, err := b.get(code)
	if err != nil {
		return err
	}
	if err := store.MayMove(old, *next); err != nil {
		return err
	}
	v := backfillValue{
		Position: milli(next.Position), Begun: milli(next.Begun),
		Finished: milli(next.Finished),
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("the position of a back-fill cannot be written: %w", err)
	}
	return b.Put(code, withChecksum(code, text))
}

// backfillCode is the key of a back-fill: both ends of its range, where zeros stand for an end that is not
// fixed.
func backfillCode(from, to time.Time) []byte {
	code := sortable(from)
	if to.IsZero() {
		return append(code, make([]byte, rawTime)...)
	}
	return append(code, sortable(to)...)
}

func milli(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}
