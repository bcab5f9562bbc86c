package bolt

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// One changed byte anywhere in a reason, a summary of a pass or a back-fill is met at the opening, never
// believed.
func TestChangedByteOfSummedValues(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	l := testLedger(t, Options{})
	sample(t, l)
	closeLedger(t, l)
	found := map[string][]byte{}
	edit(t, l.path, func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketReasons, bucketRuns, bucketBackfills} {
			err := tx.Bucket(name).ForEach(func(k, v []byte) error {
				found[fmt.Sprintf("%s %q", name, k)] = slices.Concat(k, v) // so they lie in the file
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if len(found) < 5 {
		t.Fatalf("only %d values were found", len(found))
	}
	content, err := os.ReadFile(l.path)
	must(t, err)
	fence, err := os.ReadFile(l.path + fenceSuffix)
	must(t, err)
	path := stored{fence: fence}.place(t, content)
	for name, value := range found {
		t.Run(name, func(t *testing.T) {
			for at := range value {
				changed := slices.Clone(value)
				changed[at] ^= byte(1 + at%255)
				bad := bytes.ReplaceAll(content, value, changed)
				if bytes.Equal(bad, content) {
					t.Fatal("the value is not in the file")
				}
				must(t, os.WriteFile(path, bad, 0o600))
				_, err := Open(path, Options{ReadOnly: true})
				wantError(t, err, store.ErrDamaged)
			}
		})
	}
}

// What an older ledger holds gets its checksums with the new format. What could not be read is not made to
// pass.
func TestAddingChecksums(t *testing.T) {
	const stored = "testdata/format-3.db.gz"
	path := unpackRaw(t, stored)
	old := openLedger(t, path, Options{ReadOnly: true, AcceptFence: true}) // without a change
	runs, err := old.Runs(0)
	must(t, err)
	entries := all(t, old)
	closeLedger(t, old)
	accept(t, path)
	l := openLedger(t, path, Options{})
	after, err := l.Runs(0)
	must(t, err)
	wantSame(t, after, runs)
	wantSame(t, all(t, l), entries)
	must(t, l.Check(t.Context()))

	for name, bucket := range map[string][]byte{"reason": bucketReasons, "summary": bucketRuns, "back-fill": bucketBackfills} {
		t.Run("an unreadable "+name, func(t *testing.T) {
			path := unpackRaw(t, stored)
			edit(t, path, func(tx *bbolt.Tx) error {
				b := tx.Bucket(bucket)
				k, _ := b.Cursor().First()
				return b.Put(slices.Clone(k), []byte("{"))
			})
			_, err := Open(path, Options{AcceptFence: true})
			wantError(t, err, store.ErrDamaged)
		})
	}
}
