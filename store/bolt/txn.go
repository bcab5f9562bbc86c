package bolt

import (
	"go.etcd.io/bbolt"

	"acsync/store"
)

// txn is one transaction with its buckets at hand.
type txn struct {
	meta      *meta
	records   records
	runs      runs
	backfills backfills

	id      uint64 // the ledger's own number of the last change; of this one in a transaction that writes
	foreign uint64 // accepted in this one, and not asked for by this ledger
	doubted bool   // see database
}

// beginTxn finds the buckets. The number of a change is the ledger's own because bbolt's begins anew in a
// compacted file.
func beginTxn(tx *bbolt.Tx, known *reasons, doubted bool) (*txn, error) {
	t := &txn{doubted: doubted}
	var err error
	if t.meta, err = openMeta(tx); err != nil {
		return nil, err
	}
	if t.runs.Bucket, err = bucketOf(tx, bucketRuns); err != nil {
		return nil, err
	}
	if t.backfills.Bucket, err = bucketOf(tx, bucketBackfills); err != nil {
		return nil, err
	}
	if t.records, err = openRecords(tx, t.meta, known); err != nil {
		return nil, err
	}
	sums := checksums(t.meta.format() >= checksumFormat)
	t.runs.sums, t.backfills.sums = sums, sums
	t.id = t.meta.number(metaTransaction)
	if tx.Writable() {
		t.id++
	}
	return t, t.meta.err
}

// finish writes what the transaction has gathered.
func (t *txn) finish() error {
	t.meta.putNumber(metaTransaction, t.id)
	if t.doubted {
		// Half a repair must not pass for a whole one.
		t.meta.put(metaDistrusted, []byte{1})
	}
	if t.foreign > 0 {
		t.meta.putNumber(metaForeign, t.meta.optional(metaForeign)+t.foreign)
	}
	if t.records.changed {
		t.meta.putNumber(metaAccepted, t.records.accepted)
		t.meta.put(metaCounts, t.records.counts.encode())
	}
	return t.meta.err
}

// describe reads what the ledger says of itself.
func (t *txn) describe(info *store.Info) error {
	err := t.meta.describe(info)
	info.Transaction, info.Intents, info.Counts = t.id, t.records.intents.Sequence(), t.records.counts.byState()
	if info.Witnessed.IsZero() {
		// The ledger is of an older format, and open for reading.
		info.Witnessed = t.runs.lastBegun(info.Created)
	}
	return err
}
