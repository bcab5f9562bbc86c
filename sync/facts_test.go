package sync

import (
	"testing"

	"acsync/store"
	"acsync/sync/decide"
)

// TestResultTally counts the recoveries and the flagged among those that were sent, or in a dry run would be; no others.
func TestResultTally(t *testing.T) {
	special := Row{Key: store.Key{Conversation: "a", Recovery: true}, RowDetails: decide.RowDetails{Flagged: true}}
	for _, test := range []struct {
		name    string
		state   store.State
		planned bool
		want    int
	}{
		{"accepted", store.Accepted, false, 1},
		{"planned", store.Unknown, true, 1},
		{"rejected", store.Rejected, false, 0},
		{"to be sent later", store.Scheduled, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := Result{Counts: map[store.State]int{}, Reasons: Reasons{}}
			row := special
			row.State, row.Planned = test.state, test.planned
			result.add(row)
			if result.Followed != test.want || result.Flagged != test.want {
				t.Errorf("%d recoveries, %d flagged, want %d of each", result.Followed, result.Flagged, test.want)
			}
		})
	}
}
