package bolt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

var writeFormat = flag.Bool("write-format", false, "write testdata/format-N.db.gz for a format that has none yet")

// sample fills a ledger with a key in every state, ids of all kinds, a checkpoint and a summary.
func sample(t testing.TB, l *Ledger) {
	t.Helper()
	finish(t, l, id(1), store.Accepted)
	finish(t, l, id(2), store.Rejected)
	finish(t, l, id(3), store.InDoubt)
	begin(t, l, id(4))
	commit(t, l, store.Record{State: store.Retry, Reason: "timeout", Resolution: noon, At: noon, Due: noon.Add(time.Hour)}, id(5))
	commit(t, l, store.Record{State: store.Scheduled, Resolution: noon, At: noon, Due: noon.Add(24 * time.Hour)}, store.Key{Conversation: id(6).Conversation, Resolution: noon.UnixMilli()})
	commit(t, l, store.Record{State: store.Skipped, Reason: "rule:internal tests", Resolution: noon, At: noon}, store.Key{Conversation: "conv-7"})
	commit(t, l, store.Record{State: store.Dropped, Reason: "operator", Resolution: noon, At: noon}, store.Key{Conversation: "conv-8", Resolution: noon.UnixMilli()})
	run := store.Run{Pass: "20261122T120000Z-7f3a", Mode: "run", Found: 8, Counts: map[string]int{"accepted": 1}, Exit: 3}
	if err := l.Commit(store.Batch{Checkpoint: noon, Run: &run, Backfill: sampleBackfill()}); err != nil {
		t.Fatal(err)
	}
}

// sampleBackfill is the one in a sample; ledgers have back-fills since format 2.
func sampleBackfill() *store.Backfill {
	return &store.Backfill{From: noon.AddDate(0, -1, 0), To: noon, Position: noon.AddDate(0, 0, -3), Begun: noon}
}

// all reads every key.
func all(t testing.TB, l *Ledger) []store.Entry {
	t.Helper()
	var list []store.Entry
	if err := l.Each(func(e store.Entry) error { list = append(list, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// Every format that was ever released stays readable: one stored file of each is opened and compared with
// what a new ledger holds after the same steps.
func TestStoredFormats(t *testing.T) {
	fresh := testLedger(t, Options{})
	sample(t, fresh)
	want := all(t, fresh)
	for format := 1; format <= newest(migrations); format++ {
		t.Run(fmt.Sprint(format), func(t *testing.T) {
			stored := filepath.Join("testdata", fmt.Sprintf("format-%d.db.gz", format))
			if *writeFormat && format == newest(migrations) {
				storeFile(t, fresh.path, stored)
			}
			l := openLedger(t, unpack(t, stored), Options{})
			want := slices.Clone(want)
			for i := range want {
				if format < 3 {
					want[i].Doubt = 0 // not known of what was in doubt before
				}
			}
			wantSame(t, all(t, l), want)
			info, err := l.Info()
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, info.Format, newest(migrations))
			wantSame(t, info.Checkpoint, noon)
			backfills, err := l.Backfills()
			if err != nil {
				t.Fatal(err)
			}
			if format == 1 {
				wantSame(t, len(backfills), 0)
				return
			}
			wantSame(t, backfills, []store.Backfill{*sampleBackfill()})
		})
	}
}

// storeFile packs a ledger that is open, which is whole between transactions, unless the stored file exists.
func storeFile(t *testing.T, path, stored string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(stored, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, err = z.Write(content)
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// unpack gives a stored ledger the newest format and a fence.
func unpack(t *testing.T, stored string) string {
	t.Helper()
	path := unpackRaw(t, stored)
	accept(t, path)
	return path
}

// unpackRaw gives a stored ledger as it is, without a fence.
func unpackRaw(t *testing.T, stored string) string {
	t.Helper()
	packed, err := os.ReadFile(stored)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// accept gives a ledger the fence that it lacks.
func accept(t *testing.T, path string) {
	t.Helper()
	l, err := Open(path, Options{AcceptFence: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Adopt(store.Adoption{}), l.Close()); err != nil {
		t.Fatal(err)
	}
}

// edit changes a closed ledger behind its back.
func edit(t *testing.T, path string, change func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormat(t *testing.T) {
	l := testLedger(t, Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, l.path, func(tx *bbolt.Tx) error {
		return tx.Bucket(bucketMeta).Put(metaFormat, numberValue(uint64(newest(migrations)+1)))
	})
	before, err := os.ReadFile(l.path)
	must(t, err)
	for _, o := range []Options{{}, {ReadOnly: true}, {AcceptFence: true}} {
		_, err := Open(l.path, o)
		wantError(t, err, store.ErrNewerFormat)
	}
	after, err := os.ReadFile(l.path)
	must(t, err)
	if !bytes.Equal(before, after) {
		t.Error("a ledger that was refused has changed")
	}
}

func TestMigrationsRunInOrder(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var ran []string
	step := func(name string, err error) migration {
		return migration{change: func(*txn) error { ran = append(ran, name); return err }}
	}
	more := func(steps ...migration) []migration { return slices.Concat(migrations, steps) }
	broken := errors.New("broken")

	_, err := open(l.path, Options{ReadOnly: true}, more(step("read", nil)))
	wantError(t, err, errOlderFormat)
	_, err = open(l.path, Options{}, more(step("first", nil), step("second", broken)))
	wantError(t, err, broken)
	old, err := Open(l.path, Options{ReadOnly: true}) // nothing of it was written: the file still has the older format
	must(t, err)
	wantSame(t, record(t, old, id(1)).State, store.Accepted)
	must(t, old.Close())
	m, err := open(l.path, Options{}, more(step("first", nil), step("second", nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	wantSame(t, ran, []string{"first", "second", "first", "second"})
	_, err = open(l.path, Options{}, more(step("again", nil)))
	wantError(t, err, store.ErrNewerFormat)
}
