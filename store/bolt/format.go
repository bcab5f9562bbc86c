package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// migrations leads from each format to the next: the first one from 1 to 2, and so on. They run in one transaction
// when an older ledger is opened for writing.
var migrations = []migration{{change: addBackfills}, {change: witness, readable: true}, {change: addChecksums, readable: true}}

// migration changes a ledger from one format to the next.
type migration struct {
	change   func(*bbolt.Tx) error
	readable bool // the older format is part of the next one: whoever only reads needs not wait for the change
}

// errOlderFormat answers a reader, who must not change anything.
var errOlderFormat = errors.New("the ledger has an older format; run a pass, which brings it up to date")

// newest is the format that steps lead to.
func newest(steps []migration) int { return 1 + len(steps) }

// due gives the migrations that a file still needs.
func due(tx *bbolt.Tx, steps []migration) ([]migration, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return nil, damaged("the bucket %q is not there; it may not be a ledger", bucketMeta)
	}
	n, err := readFormat(meta)
	if err != nil {
		return nil, err
	}
	if n > newest(steps) {
		return nil, fmt.Errorf("%w: format %d, while this acsync knows up to %d", store.ErrNewerFormat, n, newest(steps))
	}
	return steps[n-1:], nil
}

// unreadable tells whether somebody who only reads has to wait for these migrations.
func unreadable(steps []migration) bool {
	return slices.ContainsFunc(steps, func(m migration) bool { return !m.readable })
}

// migrate brings a file to the newest format.
func migrate(tx *bbolt.Tx, steps []migration) error {
	meta := tx.Bucket(bucketMeta)
	from, err := readFormat(meta)
	if err != nil {
		return err
	}
	for i, step := range steps[from-1:] {
		if err := step.change(tx); err != nil {
			return fmt.Errorf("bringing it from format %d to %d: %w", from+i, from+i+1, err)
		}
	}
	return meta.Put(metaFormat, formatValue(newest(steps)))
}

func formatValue(n int) []byte { return numberValue(uint64(n)) }

// witness leads from format 2 to 3: the ledger notes since when nothing was held against the receiver's own
// data. It begins with the last pass, before which nothing was.
func witness(tx *bbolt.Tx) error {
	meta, runs := tx.Bucket(bucketMeta), tx.Bucket(bucketRuns)
	if runs == nil {
		return damaged("the bucket %q is not there; it may not be a ledger", bucketRuns)
	}
	created, err := readTime(meta, metaCreated)
	if err != nil {
		return err
	}
	return meta.Put(metaWitnessed, sortable(lastBegun(runs, created)))
}

// lastBegun is when the last pass began that left a summary, in a format without checksums; created where none did.
func lastBegun(runs *bbolt.Bucket, created time.Time) time.Time {
	var last store.Run
	_, text := runs.Cursor().Last()
	if text == nil || json.Unmarshal(text, &last) != nil || last.Started.IsZero() || !validTime(last.Started) {
		return created
	}
	return last.Started
}
