package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// Check finds what bbolt cannot know, where the opening has not found it already: parts of the ledger that
// contradict each other.
func TestCheckFinds(t *testing.T) {
	accepted := func(t *testing.T) []byte { return mustKey(t, id(1)) }
	for name, c := range map[string]struct {
		change func(t *testing.T, tx *bbolt.Tx) error
		want   string
	}{
		"wrong counts": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(metaCounts, (&counts{store.Accepted: 2}).encode())
		}, "the counts are"},
		"a key that is gone": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketKeys).Delete(accepted(t))
		}, "the counts are"},
		"a changed record": {func(t *testing.T, tx *bbolt.Tx) error {
			v := append([]byte(nil), tx.Bucket(bucketKeys).Get(accepted(t))...)
			v[0] = recordVersion<<4 | byte(store.Skipped)
			return tx.Bucket(bucketKeys).Put(accepted(t), v)
		}, "fails its check byte"},
		"a record under another key": {func(t *testing.T, tx *bbolt.Tx) error {
			b := tx.Bucket(bucketKeys)
			return b.Put(mustKey(t, id(99)), b.Get(accepted(t)))
		}, "fails its check byte"},
		"a key of no known shape": {func(t *testing.T, tx *bbolt.Tx) error {
			v := []byte{recordVersion<<4 | byte(store.Skipped), lacksResolution, 0}
			return tx.Bucket(bucketKeys).Put([]byte{0x40}, append(v, checkByte([]byte{0x40}, v)))
		}, "not one of the ledger's"},
		"an empty due index": {func(t *testing.T, tx *bbolt.Tx) error {
			if err := tx.DeleteBucket(bucketDue); err != nil {
				return err
			}
			_, err := tx.CreateBucket(bucketDue)
			return err
		}, "not in the due index"},
		"a key too many in the due index": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketDue).Put(dueCode(store.Record{Due: noon}, accepted(t)), []byte{})
		}, "the due index has 4 entries for 3 waiting keys"},
		"a closed intent": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketIntents).Delete(mustKey(t, id(4)))
		}, "which is not open"},
		"an intent too many": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketIntents).Put(accepted(t), binary.BigEndian.AppendUint64(nil, 1))
		}, "2 intents are open for 1 keys"},
		"a reason that is gone": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketReasons).Delete([]byte("operator"))
		}, "which has no text"},
		"a summary that is no JSON": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketRuns).Put(make([]byte, 8), []byte("{"))
		}, "the summary"},
		"a checkpoint before the start": {func(t *testing.T, tx *bbolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(metaCheckpoint, sortable(noon.AddDate(-1, 0, 0)))
		}, "before the start"},
	} {
		t.Run(name, func(t *testing.T) {
			path := unpack(t, "testdata/format-1.db.gz")
			edit(t, path, func(tx *bbolt.Tx) error { return c.change(t, tx) })
			l, err := Open(path, Options{})
			if err == nil {
				err = errors.Join(l.Check(t.Context()), l.Close())
			}
			wantError(t, err, store.ErrDamaged)
			if err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want it to say %q", err, c.want)
			}
		})
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	l := testLedger(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, l.Check(ctx), context.Canceled)
}

// What an index says is held against the record whenever it is read.
func TestIndexesAreNotBelieved(t *testing.T) {
	path := unpack(t, "testdata/format-1.db.gz")
	edit(t, path, func(tx *bbolt.Tx) error {
		if err := tx.Bucket(bucketDue).Put(dueCode(store.Record{Due: noon.AddDate(-1, 0, 0)}, mustKey(t, id(1))), []byte{}); err != nil {
			return err
		}
		return tx.Bucket(bucketIntents).Put(mustKey(t, id(2)), make([]byte, 8))
	})
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = l.Due(noon, 0)
	wantError(t, err, store.ErrDamaged)
	_, err = l.Recover(noon)
	wantError(t, err, store.ErrDamaged)
}
