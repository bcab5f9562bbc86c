package bolt

import (
	"testing"

	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

// When the disk is full a change fails whole, and alone. What is there can be read, what is smaller is still
// taken, and with space again the ledger goes on where it was.
func TestDiskFull(t *testing.T) {
	for name, write := range map[string]func(l *Ledger, n int) error{
		"commit": func(l *Ledger, n int) error {
			b := store.Batch{Checkpoint: noon.AddDate(0, 0, n)}
			for i := range 300 {
				b.Entries = append(b.Entries, store.Entry{Key: id(1000*i + n), Record: store.Record{State: store.Retry, Resolution: noon, At: noon, Due: noon}})
			}
			return l.Commit(b)
		},
		"begin": func(l *Ledger, n int) error {
			_, err := l.Begin(store.Key{Conversation: string(make([]byte, 500)) + id(n).Conversation}, noon, noon)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := testLedger(t, Options{})
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = openLedger(t, l.path, Options{MaxSize: 700 << 10})
			before, err := fillUp(t, l, write)
			wantError(t, err, bolterrors.ErrMaxSizeReached)

			after, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, after, before)
			wantSame(t, len(all(t, l)), after.Counts[store.Retry]+after.Counts[store.Sending])
			must(t, l.Commit(store.Batch{Checkpoint: noon.AddDate(0, 0, 998)}))
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			l = openLedger(t, l.path, Options{})
			if err := write(l, 999); err != nil {
				t.Errorf("with space again: %v", err)
			}
		})
	}
}

// fillUp writes until it fails, and tells what the ledger said of itself just before.
func fillUp(t *testing.T, l *Ledger, write func(l *Ledger, n int) error) (store.Info, error) {
	t.Helper()
	for n := range 900 {
		before, err := l.Info()
		if err != nil {
			t.Fatal(err)
		}
		if err := write(l, n); err != nil {
			return before, err
		}
	}
	t.Fatal("the ledger never became full")
	return store.Info{}, nil
}
