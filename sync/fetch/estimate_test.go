package fetch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEstimate(t *testing.T) {
	const hour = time.Hour
	tests := []struct {
		name          string
		conversations int
		window        Window
		want          Estimate
	}{
		{"all are counted", 90, Window{From: testNow.Add(-3 * hour), To: testNow}, Estimate{Conversations: 90}},
		{"none", 0, Window{From: testNow.Add(-3 * hour), To: testNow}, Estimate{}},
		{"a sample of an hour", 600, Window{From: testNow.Add(-11 * hour), To: testNow.Add(-hour)}, Estimate{Conversations: 600, Rough: true}},
		{"the sample is too many, too", 600, Window{From: testNow.Add(-42 * hour), To: testNow.Add(30 * hour)}, Estimate{Conversations: 100, More: true}},
		{"too short for a sample", 200, Window{From: testNow.Add(-171 * time.Minute), To: testNow.Add(-hour)}, Estimate{Conversations: 100, More: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newFixture(test.conversations)
			b.limits = PageLimits{Page: 5, Target: 4, Rows: 100, Pages: 20}
			got, err := b.fetcher().Estimate(t.Context(), test.window)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
