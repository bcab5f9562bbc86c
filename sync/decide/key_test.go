package decide

import (
	"testing"
	"time"

	"acsync/store"
)

// TestSameResolution tries both sides of the second, also across the boundary of one and of midnight.
func TestSameResolution(t *testing.T) {
	midnight := testNow.Truncate(24 * time.Hour)
	for _, test := range []struct {
		a, b time.Time
		want bool
	}{
		{testNow, testNow, true},
		{testNow, testNow.Add(SameWithin - time.Millisecond), true},
		{testNow, testNow.Add(SameWithin), false},
		{midnight.Add(-time.Millisecond), midnight, true},
		{midnight.Add(-500 * time.Millisecond), midnight.Add(499 * time.Millisecond), true},
		{midnight.Add(-500 * time.Millisecond), midnight.Add(500 * time.Millisecond), false},
		{time.Time{}, testNow, false},
		{time.Time{}, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), false}, // no Duration is so long
	} {
		if got := SameResolution(test.a, test.b); got != test.want || SameResolution(test.b, test.a) != test.want {
			t.Errorf("%s and %s: got %t", test.a, test.b, got)
		}
	}
}

// TestErasedAppliesToAll holds that a conversation that was erased is over for all its resolutions, whenever they
// come, and however surveys are counted.
func TestErasedAppliesToAll(t *testing.T) {
	erased := store.Entry{Key: store.Key{Conversation: "c"}, Record: store.ErasedAt(testNow)}
	for _, per := range []store.Identity{store.PerConversation, store.PerResolution} {
		for _, later := range []time.Duration{-1000 * time.Hour, 0, 1000 * time.Hour} {
			at := testNow.Add(later)
			key := SurveyPer(per).KeyAt(erased.Key, at)
			if got := SurveyPer(per).Effective(key, at, []store.Entry{erased}); !got.Held() {
				t.Errorf("one survey per %s, marked done %s later: %+v", per, later, got)
			}
		}
	}
}
