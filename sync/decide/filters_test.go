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

// TestStaleAtTheLimit counts a delay, or one that was decided under other rules, off the age, to the millisecond.
func TestStaleAtTheLimit(t *testing.T) {
	const age, delay = 72 * time.Hour, 5 * time.Hour
	resolved := testNow.Add(-age - delay)
	delayed := func(reason Reason, due, at time.Time) store.Record {
		return store.Record{State: store.Skipped, Reason: string(reason), Resolution: at, Due: due, At: testNow}
	}
	for name, tt := range map[string]struct {
		known store.Record
		late  time.Duration
		want  bool
	}{
		"just in time":                  {store.Record{}, 0, false},
		"too late":                      {store.Record{}, time.Millisecond, true},
		"a longer delay":                {delayed(Delayed, resolved.Add(9*time.Hour), resolved), 4 * time.Hour, false},
		"a longer delay, too late":      {delayed(Delayed, resolved.Add(9*time.Hour), resolved), 4*time.Hour + time.Millisecond, true},
		"a shorter delay":               {delayed(Delayed, resolved.Add(time.Hour), resolved), 0, false},
		"put off, which is no delay":    {delayed(Limited, resolved.Add(9*time.Hour), resolved), time.Millisecond, true},
		"delayed for another time":      {delayed(Delayed, resolved.Add(9*time.Hour), resolved.Add(-time.Hour)), time.Millisecond, true},
		"waits, decided just in time":   {store.Record{State: store.Retry, First: resolved.Add(age + delay)}, time.Hour, true},
		"waits, decided when too old":   {store.Record{State: store.Retry, First: resolved.Add(age + delay + 1)}, time.Hour, false},
		"sent again, by hand, any time": {store.Record{State: store.Retry, Reason: string(ByHand)}, 999 * time.Hour, false},
	} {
		c := plain()
		c.Known, c.Now, c.Conversation.LastDone.At = tt.known, testNow.Add(tt.late), resolved
		if got := stale(c, age, delay); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
