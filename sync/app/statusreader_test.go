package app

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/report"
)

// TestStatusReader tells of what a process that holds the ledger is sending itself apart from what a killed one has
// left, and counts with the pass under way.
func TestStatusReader(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "acsync.db"), time.Now()
	if err := bolt.Create(path, now.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	open := func() *bolt.Ledger {
		t.Helper()
		ledger, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return ledger
	}
	begin := func(ledger *bolt.Ledger, id string) {
		t.Helper()
		if _, err := ledger.Begin(store.Key{Conversation: id}, now, now); err != nil {
			t.Fatal(err)
		}
	}
	ledger := open()
	begin(ledger, "left")
	last := store.Run{Pass: "before", Mode: "run", Started: now.Add(-time.Hour), Ended: now.Add(-time.Hour)}
	if err := errors.Join(ledger.Commit(store.Batch{Run: &last}), ledger.Close()); err != nil {
		t.Fatal(err)
	}
	ledger = open()
	reader := newStatusReader(ledger)
	begin(ledger, "under way")
	refused := store.Entry{Key: store.Key{Conversation: "refused"}, Record: store.Record{
		State: store.Rejected, Reason: "channel_not_enabled", Resolution: now, At: now, Status: 400, Attempts: 1,
	}}
	if err := ledger.Commit(store.Batch{Entries: []store.Entry{refused}}); err != nil {
		t.Fatal(err)
	}
	told := reader.snapshot(store.Run{
		Pass: "now", Mode: "run", Started: now, Counts: map[string]int{"accepted": 3, "rejected": 1},
		Reasons:  map[string]int{"channel_not_enabled": 1},
		Refusals: []store.Refusal{{Conversation: "refused", Reason: "channel_not_enabled"}},
	})
	got := report.Status{Now: now}
	if err := report.ReadSnapshot(told, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.InDoubt) != 1 || got.InDoubt[0].Conversation != "left" || got.InFlight != 1 || got.Counts[store.Sending] != 2 {
		t.Errorf("in doubt %+v, %d in flight, of %v", got.InDoubt, got.InFlight, got.Counts)
	}
	if got.Last == nil || got.Last.Pass != "before" || got.Recent.Accepted != 3 || got.Recent.Rejected != 1 {
		t.Errorf("the last pass is %+v, lately %+v", got.Last, got.Recent)
	}
	if len(got.Refused) != 1 {
		t.Errorf("refused: %+v", got.Refused)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if told := reader.snapshot(store.Run{}); told != nil {
		t.Errorf("of a ledger that is closed it tells %s", told)
	}
}
