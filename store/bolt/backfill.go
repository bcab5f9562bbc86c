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

// Backfill tells how far the back-fill of a range has come; zero for one that was never begun.
func (l *Ledger) Backfill(from, to time.Time) (store.Backfill, error) {
	var found store.Backfill
	err := l.view(func(t *txn) error {
		var err error
		found, err = t.backfill(backfillCode(from, to))
		return err
	})
	return found, err
}

// Backfills gives all back-fills, by the beginning of their ranges.
func (l *Ledger) Backfills() ([]store.Backfill, error) {
	var list []store.Backfill
	err := l.view(func(t *txn) error {
		return t.backfills.ForEach(func(code, _ []byte) error {
			b, err := t.backfill(code)
			list = append(list, b)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// backfillCode is the key of a back-fill: both ends of its range, where zeros stand for an end that is not fixed.
func backfillCode(from, to time.Time) []byte {
	code := sortable(from)
	if to.IsZero() {
		return append(code, make([]byte, rawTime)...)
	}
	return append(code, sortable(to)...)
}

// backfill reads a back-fill; it is zero where there is none.
func (t *txn) backfill(code []byte) (store.Backfill, error) {
	text := t.backfills.Get(code)
	if text == nil {
		return store.Backfill{}, nil
	}
	var v backfillValue
	if len(code) != 2*rawTime || !t.unmarshal(code, text, &v) || v.Position.IsZero() || v.Begun.IsZero() {
		return store.Backfill{}, damaged("the back-fill %x cannot be read", code)
	}
	b := store.Backfill{From: unsortable(code[:rawTime]), Position: v.Position, Begun: v.Begun, Finished: v.Finished}
	if string(code[rawTime:]) != string(make([]byte, rawTime)) {
		b.To = unsortable(code[rawTime:])
	}
	return b, nil
}

// moveBackfill writes how far a back-fill has come. Its position moves only forward, unless it was begun anew since.
func (t *txn) moveBackfill(b *store.Backfill) error {
	if b == nil {
		return nil
	}
	code := backfillCode(b.From, b.To)
	old, err := t.backfill(code)
	if err != nil {
		return err
	}
	if err := store.MayMove(old, *b); err != nil {
		return err
	}
	v := backfillValue{Position: milli(b.Position), Begun: milli(b.Begun), Finished: milli(b.Finished)}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("the position of a back-fill cannot be written: %w", err)
	}
	return t.backfills.Put(code, summed(code, text))
}

func milli(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}

// addBackfills leads from format 1 to 2: the positions of back-fills have a bucket.
func addBackfills(tx *bbolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists(bucketBackfills)
	return err
}
