package bolt

import (
	"testing"

	"go.etcd.io/bbolt"

	"acsync/store"
)

func commitBackfill(t *testing.T, l *Ledger, b store.Backfill) {
	t.Helper()
	if err := l.Commit(store.Batch{Backfill: &b}); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedBackfill(t *testing.T) {
	l := testLedger(t, Options{})
	b := store.Backfill{From: noon, To: noon.AddDate(0, 1, 0), Position: noon, Begun: noon}
	commitBackfill(t, l, b)
	path := l.path
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, path, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketBackfills).Put(backfillCode(b.From, b.To), []byte("{"))
	})
	for _, readOnly := range []bool{true, false} {
		_, err := Open(path, Options{ReadOnly: readOnly})
		wantError(t, err, store.ErrDamaged)
	}
}
