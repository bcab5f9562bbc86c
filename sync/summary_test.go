package sync

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// TestSummary keeps what a history tells of the pass, and nothing of people.
func TestSummary(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)
	r := Result{
		Pass: "20261122T201500Z-7f3a", Mode: "run", Started: at, Ended: at.Add(time.Minute), Window: fetch.Window{From: at.Add(-time.Hour), To: at},
		Checkpoint: at, Found: 6, Counts: map[store.State]int{store.Accepted: 3, store.Skipped: 3},
		Reasons: Reasons{store.Skipped: {decide.NoAgent: 2, decide.NoEmail: 1}}, Late: 2, Latest: 90 * time.Second, Fuse: "max_per_run", Exit: 13,
		Refusals: []store.Refusal{{Conversation: "6716500fa1b2c3d4e5f60001", Reason: "refused"}}, Notices: []string{"jane@example.com"},
	}
	want := &store.Run{
		Pass: r.Pass, Mode: "run", Started: at, Ended: r.Ended, From: r.From, To: at, Checkpoint: at, Found: 6,
		Counts: map[string]int{"accepted": 3, "skipped": 3}, Reasons: map[string]int{"no_agent": 2, "no_email": 1}, Refusals: r.Refusals,
		Late: 2, Latest: 90, Fuse: "max_per_run", Exit: 13,
	}
	if diff := cmp.Diff(want, r.summary()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
