package sync

import (
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// TestStale holds for how long a conversation is asked about, and what stays decided whatever its age.
func TestStale(t *testing.T) {
	const age = 72 * time.Hour
	resolved := testNow.Add(-100 * time.Hour)
	young, old := resolved.Add(time.Hour), resolved.Add(99*time.Hour) // when it was decided
	tests := []struct {
		name     string
		known    store.Record
		resolved time.Time
		want     bool
	}{
		{"young enough", store.Record{}, testNow.Add(-age), false},
		{"too old", store.Record{}, testNow.Add(-age - time.Millisecond), true},
		{"skipped before", store.Record{State: store.Skipped, At: old}, resolved, true},
		{"scheduled when it was young", store.Record{State: store.Scheduled, At: young}, resolved, true},
		{"scheduled when it was old", store.Record{State: store.Scheduled, At: old}, resolved, false},
		{"first tried when it was young", store.Record{State: store.Retry, First: young, At: old}, resolved, true},
		{"first tried when it was old", store.Record{State: store.Retry, First: old, At: old}, resolved, false},
		{"sent again by hand", store.Record{State: store.Retry, Reason: string(decide.ByHand), First: young, At: old}, resolved, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain()
			c.Known, c.Now = test.known, testNow
			c.Conversation.LastDone.At = test.resolved
			if got := (decide.Policy{MaxAge: age}).Stale(c); got != test.want {
				t.Errorf("max_age 72h: %v", got)
			}
			if (decide.Policy{}).Stale(c) {
				t.Error("stale without max_age")
			}
		})
	}
}

// TestStaleAreNamed lets a back-fill of the range that a pass names ask about what it skipped as stale.
func TestStaleAreNamed(t *testing.T) {
	b := newBench(t, 20) // marked done 60 to 79 minutes ago
	b.engine.Options.Policy.MaxAge = 70 * time.Minute
	result := b.mustRun(t)
	if n := result.Reasons[store.Skipped][decide.Stale]; n != 9 || result.Counts[store.Accepted] != 11 {
		t.Fatalf("%d stale, %v", n, result.Counts)
	}
	want := fetch.Window{From: testNow.Add(-79 * time.Minute), To: testNow.Add(-71*time.Minute + time.Millisecond)}
	if result.Stale != want {
		t.Errorf("from %s, want %s", result.Stale, want)
	}
	b.engine.Options.Policy.MaxAge = 0
	b.backfill(result.Stale.From, result.Stale.To)
	if rest := b.mustRun(t); rest.Found != 9 || rest.Counts[store.Accepted] != 9 || !rest.Stale.Empty() {
		t.Errorf("the back-fill: found %d, %v", rest.Found, rest.Counts)
	}
}
