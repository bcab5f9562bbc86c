package report

import (
	"slices"
	"testing"
	"time"

	"acsync/store"
)

// TestMidnightTwice has a range begin with a day whose first hour the clocks show twice.
func TestMidnightTwice(t *testing.T) {
	havana, err := time.LoadLocation("America/Havana") // on 1 November 2026 at 01:00 it was 00:00 again
	must(t, err)
	for _, from := range []time.Time{time.Date(2026, 11, 1, 4, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)} {
		began := from.Add(30 * time.Minute)
		about := past(from, from.AddDate(0, 0, 3))
		about.Zone = havana
		h := NewHistory([]store.Run{{Mode: "run", Started: began, Found: 1}}, about)
		if got := h.Trend[0]; got.Passes != 1 || h.local(got.From.Time, time.DateOnly) != "2026-11-01" {
			t.Errorf("a pass that began %s: the first day is %+v", began, got)
		}
		line := newTimeline(slices.Values([]Row{{Resolution: Moment{began}, Decision: "accepted"}}), from, from.AddDate(0, 0, 59), havana)
		if line.Step != "1d" || line.Slots[0].Found != 1 {
			t.Errorf("a conversation of %s: the first slot is %+v", began, line.Slots[0])
		}
	}
}
