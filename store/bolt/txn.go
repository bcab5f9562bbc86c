package bolt

import (
	"go.etcd.io/bbolt"

	"acsync/store"
)

// txn is one transaction with its buckets at hand.
type txn struct {
	meta      meta
	records   records
	runs      runs
	backfills backfills

	id      uint64 // the ledger's own number of the last change; of this one in a transaction that writes
	foreign uint64 // accepted in this one, and not asked for by this ledger
	doubted bool   // see keeper
}

// beginTxn finds the buckets. The number of a change is the ledger's own because bbolt's begins anew in a
// compacted file.
func beginTxn(tx *bbolt.Tx, known *reasons, doubted bool) (*txn, error) {
	t := &txn{doubted: doubted}
	var err error
	if t.meta, err = metaOf(tx); err != nil {
		return nil, err
	}
	format, err := t.meta.format()
	if err != nil {
		return nil, err
	}
	t.runs.sums, t.backfills.sums = format >= checksumFormat, format >= checksumFormat
	if t.runs.Bucket, err = bucketOf(tx, bucketRuns); err != nil {
		return nil, err
	}
	if t.backfills.Bucket, err = bucketOf(tx, bucketBackfills); err != nil {
		return nil, err
	}
	if t.records, err = openRecords(tx, t.meta, known); err != nil {
		return nil, err
	}
	t.id, err = t.meta.number(metaTransaction)
	if tx.Writable() {
		t.id++
	}
	return t, err
}

// finish writes what the transaction has gathered.
func (t *txn) finish() error {
	if err := t.meta.putNumber(metaTransaction, t.id); err != nil {
		return err
	}
	if t.doubted {
		// Half a repair must not pass for a whole one.
		if err := t.meta.Put(metaDistrusted, []byte{1}); err != nil {
			return err
		}
	}
	if t.foreign > 0 {
		before, err := t.meta.optional(metaForeign)
		if err != nil {
			return err
		}
		if err := t.meta.putNumber(metaForeign, before+t.foreign); err != nil {
			return err
		}
	}
	if !t.records.changed {
		return nil
	}
	if err := t.meta.putNumber(metaAccepted, t.records.accepted); err != nil {
		return err
	}
	return t.meta.Put(metaCounts, t.records.counts.encode())
}

// describe reads what the ledger says of itself.
func (t *txn) describe(info *store.Info) error {
	if err := t.meta.describe(info); err != nil {
		return err
	}
	info.Transaction, info.Intents, info.Counts = t.id, t.records.intents.Sequence(), t.records.counts.byState()
	if info.Witnessed.IsZero() {
		// The ledger is of an older format, and open for reading.
		info.Witnessed = t.runs.lastBegun(info.Created)
	}
	return nil
}
