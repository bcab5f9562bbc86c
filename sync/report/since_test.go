package report

import (
	"testing"
	"time"
)

// TestSince shows times from outside, however wrong the clock was that told them.
func TestSince(t *testing.T) {
	for then, want := range map[time.Time]string{
		at:                        "0 s ago",
		at.Add(59 * time.Second):  "just now",
		at.Add(61 * time.Second):  "IN THE FUTURE, by 1 min",
		at.Add(-90 * time.Minute): "1 h 30 min ago",
		at.AddDate(100, 0, 0):     "IN THE FUTURE, by 36524 days",
		{}:                        "more than 290 years ago",
		time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC): "IN THE FUTURE, by more than 290 years",
	} {
		if got := since(at, then); got != want {
			t.Errorf("%s: got %q, want %q", then, got, want)
		}
	}
	if got := after(at, at.Add(-2*time.Minute)); got != "2 min earlier" {
		t.Errorf("two clocks that disagree: %q", got)
	}
}
