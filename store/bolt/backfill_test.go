package bolt

import (
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

func commitBackfill(t *testing.T, l *Ledger, b store.Backfill) {
	t.Helper()
	if err := l.Commit(store.Batch{Backfill: &b}); err != nil {
		t.Fatal(err)
	}
}

func TestBackfillsAreKeptByRange(t *testing.T) {
	l := newLedger(t, Options{})
	january := store.Backfill{From: noon, To: noon.AddDate(0, 1, 0), Position: noon, Begun: noon.AddDate(0, 2, 0)}
	open := january
	open.To = time.Time{} // up to now
	open.Position = noon.AddDate(0, 0, 3)
	commitBackfill(t, l, january)
	commitBackfill(t, l, open)
	january.Position = noon.AddDate(0, 0, 9)
	commitBackfill(t, l, january)

	for _, want := range []store.Backfill{january, open} {
		got, err := l.Backfill(want.From, want.To)
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, got, want)
	}
	list, err := l.Backfills()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, list, []store.Backfill{open, january})
	none, err := l.Backfill(noon, noon.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, none, store.Backfill{})
}

func TestBackfillNeverMovesBack(t *testing.T) {
	stands := store.Backfill{From: noon, To: noon.AddDate(0, 1, 0), Position: noon.AddDate(0, 0, 9), Begun: noon.AddDate(0, 2, 0)}
	tests := []struct {
		name   string
		change func(*store.Backfill)
		ok     bool
	}{
		{"the same", func(*store.Backfill) {}, true},
		{"forward", func(b *store.Backfill) { b.Position = b.To; b.Finished = noon.AddDate(0, 2, 1) }, true},
		{"back", func(b *store.Backfill) { b.Position = noon }, false},
		{"back, begun anew", func(b *store.Backfill) { b.Position, b.Begun = noon, b.Begun.Add(time.Second) }, true},
		{"begun before", func(b *store.Backfill) { b.Begun = b.Begun.Add(-time.Second) }, false},
		{"before its beginning", func(b *store.Backfill) { b.Position, b.Begun = noon.Add(-1), b.Begun.Add(time.Second) }, false},
		{"beyond its end", func(b *store.Backfill) { b.Position = b.To.Add(time.Millisecond) }, false},
		{"without a position", func(b *store.Backfill) { b.Position = time.Time{} }, false},
		{"without the time of its beginning", func(b *store.Backfill) { b.Begun = time.Time{} }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLedger(t, Options{})
			commitBackfill(t, l, stands)
			moved, want := stands, stands
			test.change(&moved)
			entry := store.Entry{Key: id(1), Record: store.Record{State: store.Skipped, Resolution: noon, At: noon}}
			err := l.Commit(store.Batch{Entries: []store.Entry{entry}, Backfill: &moved})
			if test.ok {
				want = moved
				wantError(t, err, nil)
			} else {
				wantError(t, err, store.ErrRefused)
			}
			got, err := l.Backfill(stands.From, stands.To)
			if err != nil {
				t.Fatal(err)
			}
			wantSame(t, got, want)
			wantSame(t, record(t, l, id(1)).State == store.Skipped, test.ok) // all of the batch, or nothing
		})
	}
}

func TestDamagedBackfill(t *testing.T) {
	l := newLedger(t, Options{})
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
