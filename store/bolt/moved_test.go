package bolt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// TestSnapshot holds that all that another store has to know of a ledger is in its snapshot.
func TestSnapshot(t *testing.T) {
	l := testLedger(t, Options{Credential: "k"})
	sample(t, l)
	fill := store.Backfill{From: noon, To: noon.Add(time.Hour), Position: noon, Begun: noon}
	must(t, l.Commit(store.Batch{
		Checkpoint: noon, Late: []time.Duration{time.Minute}, Backfill: &fill, Run: &store.Run{Pass: "p1"}, Acknowledged: noon,
	}))
	must(t, l.Commit(store.Batch{Run: &store.Run{Pass: "p2"}}))
	s, err := l.Snapshot()
	must(t, err)
	want, err := l.Info()
	must(t, err)
	want.Size, s.Size = 0, 0
	wantSame(t, s.Info, want)
	wantSame(t, s.Credential, store.HashCredential(want.ID, "k"))
	runs, err := l.Runs(0)
	must(t, err)
	slices.Reverse(runs)
	wantSame(t, s.Runs, runs)
	fills, err := l.Backfills()
	must(t, err)
	wantSame(t, s.Backfills, fills)
	if s.Accepted == 0 || s.Rehearsal {
		t.Errorf("got %d accepted, rehearsal %v", s.Accepted, s.Rehearsal)
	}
}

// TestMovedAway: a ledger that was moved is read, and never sent by again, whatever an operator accepts, an older acsync
// tries, or somebody restores.
func TestMovedAway(t *testing.T) {
	l := testLedger(t, Options{})
	sample(t, l)
	want := all(t, l)
	copied := filepath.Join(t.TempDir(), "backup.db")
	must(t, l.Backup(copied))
	for _, bad := range []string{"", "two\nlines", strings.Repeat("x", 2000)} {
		if err := l.MoveTo(bad); err == nil {
			t.Errorf("moved to %q", bad)
		}
	}
	must(t, l.MoveTo("ledger acme in postgres://db/acsync"))
	closeLedger(t, l)
	for _, o := range []Options{{}, {AcceptFence: true, AcceptMove: true, AcceptTenant: true, AcceptCredential: true}} {
		_, err := Open(l.path, o)
		wantError(t, err, store.ErrMovedAway)
		if err == nil || !strings.Contains(err.Error(), "moved away, to ledger acme in postgres://db/acsync") {
			t.Errorf("it says %v", err)
		}
	}
	r := openLedger(t, l.path, Options{ReadOnly: true, Place: &Place{}})
	if place := r.Placement(); !strings.HasSuffix(place.Refused, "moved away, to ledger acme in postgres://db/acsync") ||
		!strings.Contains(place.Todo, "ledger.url") {
		t.Errorf("whoever looks at it is told %q, %q", place.Refused, place.Todo)
	}
	wantSame(t, all(t, r), want)
	to, err := r.MovedTo()
	must(t, err)
	wantSame(t, to, "ledger acme in postgres://db/acsync")
	closeLedger(t, r)
	if _, err := NewRestoration(l.path, copied, Options{}); err == nil || !strings.Contains(err.Error(), "was moved to ledger acme") {
		t.Errorf("restoring a copy over it gives %v", err)
	}
	db, err := bbolt.Open(l.path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	err = db.View(func(tx *bbolt.Tx) error {
		if n := tx.Bucket(bucketMeta).Get(metaFormat); string(n) <= string(numberValue(uint64(newest(migrations)))) {
			t.Errorf("its format %x is one that an acsync knows that knows nothing of moving", n)
		}
		return nil
	})
	must(t, err)
	must(t, db.Close())
	again := openLedger(t, l.path, Options{Moved: true})
	must(t, again.MoveTo("elsewhere"))
	closeLedger(t, again)
	if _, err := os.Stat(l.path); err != nil {
		t.Error(err)
	}
}
