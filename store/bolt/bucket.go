package bolt

import "go.etcd.io/bbolt"

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

var buckets = [][]byte{
	bucketMeta, bucketKeys, bucketIntents, bucketDue, bucketRuns, bucketReasons, bucketBackfills,
}

// bucketOf finds a bucket that every ledger has.
func bucketOf(tx *bbolt.Tx, name []byte) (*bbolt.Bucket, error) {
	if b := tx.Bucket(name); b != nil {
		return b, nil
	}
	return nil, damaged("the bucket %q is not there; it may not be a ledger", name)
}
