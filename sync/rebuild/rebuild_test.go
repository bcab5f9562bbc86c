package rebuild

import (
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
)

// TestRebuilt marks what Agent Connect received, the latest of each conversation, and leaves alone what the ledger knows.
func TestRebuilt(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	sent := func(id string, after time.Duration) agentconnect.Interaction {
		return agentconnect.Interaction{ExtInteractionID: id, CreatedAt: at.Add(after)}
	}
	later := store.Key{Conversation: "known", Resolution: at.Add(3 * time.Hour).UnixMilli()}
	tests := []struct {
		name     string
		identity store.Identity
		rows     []agentconnect.Interaction
		want     map[store.Key]time.Time
	}{
		{
			"each of several", store.PerResolution,
			[]agentconnect.Interaction{sent("a", time.Hour), sent("a", 2*time.Hour), sent("a", 0), sent("a", time.Hour)},
			map[store.Key]time.Time{
				{Conversation: "a"}: at.Add(2 * time.Hour),
				{Conversation: "a", Resolution: at.Add(time.Hour).UnixMilli()}: at.Add(time.Hour),
				{Conversation: "a", Resolution: at.UnixMilli()}:                at,
			},
		},
		{"the latest of several", store.PerConversation, []agentconnect.Interaction{sent("a", time.Hour), sent("a", 2*time.Hour), sent("a", 0)}, map[store.Key]time.Time{{Conversation: "a"}: at.Add(2 * time.Hour)}},
		{"padded", store.PerConversation, []agentconnect.Interaction{sent(" a\n", time.Hour)}, map[store.Key]time.Time{{Conversation: "a"}: at.Add(time.Hour)}},
		{
			"a rehearsal", store.PerConversation,
			[]agentconnect.Interaction{{ExtInteractionID: "a", CreatedAt: at, Intent: store.Intent{Ledger: "l", Number: 1, Rehearsal: true}.String()}},
			map[store.Key]time.Time{},
		},
		{"no id", store.PerResolution, []agentconnect.Interaction{sent("", 0)}, map[store.Key]time.Time{}},
		{"known already", store.PerResolution, []agentconnect.Interaction{sent("known", time.Minute)}, map[store.Key]time.Time{}},
		{"known, and a later one", store.PerResolution, []agentconnect.Interaction{sent("known", 3*time.Hour)}, map[store.Key]time.Time{later: at.Add(3 * time.Hour)}},
		{"known, and one a conversation", store.PerConversation, []agentconnect.Interaction{sent("known", 3*time.Hour)}, map[store.Key]time.Time{}},
		{"an expression failed on it, and nothing was sent", store.PerConversation, []agentconnect.Interaction{sent("failed", time.Hour)}, map[store.Key]time.Time{{Conversation: "failed"}: at.Add(time.Hour)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "acsync.db")
			if err := bolt.Create(path, at, bolt.Options{Identity: test.identity}); err != nil {
				t.Fatal(err)
			}
			ledger, err := bolt.Open(path, bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer ledger.Close()
			intent, err := ledger.Begin(store.Key{Conversation: "known"}, at, at)
			if err == nil {
				err = ledger.Finish(intent, store.Result{State: store.Accepted, At: at})
			}
			if err == nil {
				failed := store.Record{State: store.Rejected, Reason: "rule_error:odd", Resolution: at, At: at}
				err = ledger.Commit(store.Batch{Entries: []store.Entry{{Key: store.Key{Conversation: "failed"}, Record: failed}}})
			}
			if err != nil {
				t.Fatal(err)
			}
			got := map[store.Key]time.Time{}
			gathered, err := gather(ledger, store.Info{Identity: test.identity}, each(test.rows))
			if err != nil {
				t.Fatal(err)
			}
			for entry, err := range gathered.surveys() {
				if err != nil {
					t.Fatal(err)
				}
				got[entry.Key] = entry.Record.Resolution
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func each(rows []agentconnect.Interaction) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}
