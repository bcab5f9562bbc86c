package store

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// migrations leads from each format to the next: the first one from 1 to 2, and so on. They run in one transaction
// when an older ledger is opened for writing.
var migrations = []migration{addBackfills}

// migration changes a ledger from one format to the next.
type migration func(*bbolt.Tx) error

// errOlderFormat answers a reader, who must not change anything.
var errOlderFormat = errors.New("the ledger has an older format; run a pass, which brings it up to date")

// newest is the format that steps lead to.
func newest(steps []migration) int { return 1 + len(steps) }

// checkFormat compares the format of a file with the newest one: older tells that migrations are due.
func checkFormat(tx *bbolt.Tx, steps []migration) (older bool, err error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return false, damaged("the bucket %q is not there; it may not be a ledger", bucketMeta)
	}
	n, err := readFormat(meta)
	if err != nil {
		return false, err
	}
	if n > newest(steps) {
		return false, fmt.Errorf("%w: format %d, while this acsync knows up to %d", ErrNewerFormat, n, newest(steps))
	}
	return n < newest(steps), nil
}

// migrate brings a file to the newest format.
func migrate(tx *bbolt.Tx, steps []migration) error {
	meta := tx.Bucket(bucketMeta)
	from, err := readFormat(meta)
	if err != nil {
		return err
	}
	for i, step := range steps[from-1:] {
		if err := step(tx); err != nil {
			return fmt.Errorf("bringing it from format %d to %d: %w", from+i, from+i+1, err)
		}
	}
	return meta.Put(metaFormat, formatValue(newest(steps)))
}

func formatValue(n int) []byte { return numberValue(uint64(n)) }
