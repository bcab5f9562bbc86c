package bolt

import (
	"os"
	"testing"

	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

// TestConvertWhole: a conversion for which the disk has no room changes nothing. What was accepted became so
// once.
func TestConvertWhole(t *testing.T) {
	l := testLedger(t, Options{})
	path := l.path
	var keys []store.Key
	for n := range 2000 {
		keys = append(keys, id(n))
	}
	commit(t, l, store.Record{State: store.Skipped, Reason: "no_email", Resolution: noon, At: noon}, keys...)
	before := all(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, path, Options{MaxSize: int(stat.Size())})
	_, err = l.Convert(store.PerResolution)
	wantError(t, err, bolterrors.ErrMaxSizeReached)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, path, Options{})
	wantSame(t, all(t, l), before)
	c, err := l.Convert(store.PerResolution)
	if err != nil {
		t.Fatal(err)
	}
	i := info(t, l)
	wantFence(t, l, fence{Ledger: l.id, Transaction: i.Transaction, Open: true})
	wantSame(t, c, store.Conversion{From: store.PerConversation, To: store.PerResolution, Moved: len(before)})
}
