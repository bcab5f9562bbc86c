package app

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
)

// TestStandingNamesTheLatestFirst, within a pass too, each once, and nothing that has been sent since.
func TestStandingNamesTheLatestFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acsync.db")
	at := time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)
	if err := bolt.Create(path, at.Add(-time.Hour), bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	const first, second, third, sent = "6716500fa1b2c3d4e5f60001", "6716500fa1b2c3d4e5f60002", "6716500fa1b2c3d4e5f60003", "6716500fa1b2c3d4e5f60004"
	var entries []store.Entry
	for id, state := range map[string]store.State{first: store.Rejected, second: store.Rejected, third: store.Rejected, sent: store.Accepted} {
		entries = append(entries, store.Entry{Key: store.Key{Conversation: id}, Record: store.Record{State: state, Resolution: at, At: at, Attempts: 1}})
	}
	if err := ledger.Commit(store.Batch{Entries: entries}); err != nil {
		t.Fatal(err)
	}
	kept, err := openRefusals(ledger, []store.Run{
		{Refusals: []store.Refusal{{Conversation: second}, {Conversation: third}}},
		{Refusals: []store.Refusal{{Conversation: sent}, {Conversation: first}, {Conversation: second}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, refusal := range kept {
		got = append(got, refusal.Conversation)
	}
	if diff := cmp.Diff([]string{third, second, first}, got); diff != "" {
		t.Error(diff)
	}
}
