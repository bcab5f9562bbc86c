package decide

import (
	"testing"
	"time"

	"acsync/store"
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
		{"sent again by hand", store.Record{State: store.Retry, Reason: string(ByHand), First: young, At: old}, resolved, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain()
			c.Known, c.Now = test.known, testNow
			c.Conversation.LastDone.At = test.resolved
			if got := stale(c, age, 0); got != test.want {
				t.Errorf("max_age 72h: %v", got)
			}
			if stale(c, 0, 0) {
				t.Error("stale without max_age")
			}
		})
	}
}
