package bolt

import (
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"acsync/store"
)

const backfillFormat = 2 // since this format there is a bucket for back-fills

// migrations leads from each format to the next, in one transaction when a ledger is opened for writing.
var migrations = []migration{
	{change: addBackfills},
	{change: addWitnessed, readable: true},
	{change: addChecksums, readable: true},
	// From format 4 to 5 nothing changes but that a conversation may be forgotten: a version that does not know
	// of that would ask about it again.
	{change: func(*txn) error { return nil }, readable: true},
}

type migration struct {
	change func(*txn) error
	// the older format is part of the next one: whoever only reads needs not wait for the change
	readable bool
}

// errOlderFormat answers a reader, who must not change anything.
var errOlderFormat = errors.New("the ledger has an older format; run a pass, which brings it up to date")

func newest(steps []migration) int { return 1 + len(steps) }

func olderThan(db *bbolt.DB, steps []migration) (older []migration, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		m, err := openMeta(tx)
		if err != nil {
			return err
		}
		n := m.format()
		if m.err != nil {
			return m.err
		}
		if n == movedFormat {
			return nil
		}
		if n > newest(steps) {
			return fmt.Errorf("%w: format %d, while this acsync knows up to %d",
				store.ErrNewerFormat, n, newest(steps))
		}
		older = steps[n-1:]
		return nil
	})
	return older, err
}

func unreadable(steps []migration) bool {
	return slices.ContainsFunc(steps, func(m migration) bool { return !m.readable })
}

func upgrade(db *bbolt.DB, steps []migration) error {
	older, err := olderThan(db, steps)
	if err != nil || len(older) == 0 {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		t, err := beginTxn(tx)
		if err != nil {
			return err
		}
		for i, step := range older {
			if err := step.change(t); err != nil {
				from := len(steps) - len(older) + i + 1
				return fmt.Errorf("bringing it from format %d to %d: %w", from, from+1, err)
			}
		}
		t.meta.putNumber(metaFormat, uint64(newest(steps)))
		return t.meta.err
	})
}

// addBackfills leads from format 1 to 2: the positions of back-fills have a bucket.
func addBackfills(t *txn) (err error) {
	t.backfills.Bucket, err = t.runs.Tx().CreateBucketIfNotExists(bucketBackfills)
	return err
}

// addWitnessed leads from format 2 to 3: nothing was held against the ledger since its last pass began.
func addWitnessed(t *txn) error {
	t.meta.putTime(metaWitnessed, t.runs.lastBegun(t.meta.time(metaCreated)))
	return t.meta.err
}

// addChecksums leads from format 3 to 4. What cannot be read gets no checksum that would say it can.
func addChecksums(t *txn) error {
	if err := t.checkHistory(true); err != nil {
		return err
	}
	for _, b := range []summed{t.records.reasons.summed, t.runs.summed, t.backfills.summed} {
		var list []element
		err := b.ForEach(func(k, v []byte) error {
			list = append(list, element{key: slices.Clone(k), value: slices.Clone(v)})
			return nil
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := b.put(e.key, e.value); err != nil {
				return err
			}
		}
	}
	return nil
}
