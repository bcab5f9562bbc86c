package store

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Backfill is how far a back-fill has come: a pass over a range of its own, which the checkpoint knows nothing of. The range
// is its name. Times are UTC, in milliseconds.
type Backfill struct {
	From, To time.Time // the range; a zero To is a back-fill up to whatever is now
	Position time.Time // up to here the range is read and recorded
	Begun    time.Time
	Finished time.Time // when its end was reached; zero until then
}

// backfillValue is what the ledger keeps of a back-fill; its range is the key.
type backfillValue struct {
	Position time.Time `json:"position"`
	Begun    time.Time `json:"begun"`
	Finished time.Time `json:"finished,omitzero"`
}

// Backfill tells how far the back-fill of a range has come; zero for one that was never begun.
func (l *Ledger) Backfill(from, to time.Time) (Backfill, error) {
	var found Backfill
	err := l.view(func(t *txn) error {
		var err error
		found, err = t.backfill(backfillCode(from, to))
		return err
	})
	return found, err
}

// Backfills gives all back-fills, by the beginning of their ranges.
func (l *Ledger) Backfills() ([]Backfill, error) {
	var list []Backfill
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
func (t *txn) backfill(code []byte) (Backfill, error) {
	text := t.backfills.Get(code)
	if text == nil {
		return Backfill{}, nil
	}
	var v backfillValue
	if len(code) != 2*rawTime || !t.unmarshal(code, text, &v) || v.Position.IsZero() || v.Begun.IsZero() {
		return Backfill{}, damaged("the back-fill %x cannot be read", code)
	}
	b := Backfill{From: unsortable(code[:rawTime]), Position: v.Position, Begun: v.Begun, Finished: v.Finished}
	if string(code[rawTime:]) != string(make([]byte, rawTime)) {
		b.To = unsortable(code[rawTime:])
	}
	return b, nil
}

// moveBackfill writes how far a back-fill has come. Its position moves only forward, unless it was begun anew since.
func (t *txn) moveBackfill(b *Backfill) error {
	if b == nil {
		return nil
	}
	if err := b.valid(); err != nil {
		return err
	}
	code := backfillCode(b.From, b.To)
	old, err := t.backfill(code)
	if err != nil {
		return err
	}
	v := backfillValue{Position: milli(b.Position), Begun: milli(b.Begun), Finished: milli(b.Finished)}
	if v.Begun.Before(old.Begun) || v.Begun.Equal(old.Begun) && v.Position.Before(old.Position) {
		return refused("the back-fill from %s, begun at %s, has come to %s and never moves back to %s", b.From.UTC().Format(time.RFC3339Nano),
			old.Begun.Format(time.RFC3339Nano), old.Position.Format(time.RFC3339Nano), v.Position.Format(time.RFC3339Nano))
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("the position of a back-fill cannot be written: %w", err)
	}
	return t.backfills.Put(code, summed(code, text))
}

// valid refuses what could not be read again.
func (b Backfill) valid() error {
	for _, at := range []time.Time{b.From, b.Position, b.Begun} {
		if at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
			return refused("a back-fill needs a beginning, a position and the time at which it was begun, but has %v", b)
		}
	}
	if b.Position.Before(b.From) || !b.To.IsZero() && (!b.From.Before(b.To) || b.Position.After(b.To)) {
		return refused("the position %v of a back-fill does not lie between its ends %v and %v", b.Position, b.From, b.To)
	}
	return nil
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
