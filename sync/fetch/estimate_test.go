package fetch

import (
	"context"
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

// TestCountTo counts where a search counts no more than 100: exactly up to a number, beyond it no further, and it never
// takes an instant that it cannot count for few.
func TestCountTo(t *testing.T) {
	window := Window{testNow.Add(-time.Hour), testNow}
	for _, test := range []struct {
		name    string
		all     int
		instant bool // all of them are at one
		within  []int
		beyond  []int
	}{
		{"none", 0, false, []int{0, 1}, nil},
		{"one search", 99, false, []int{99, 100}, []int{98, 0}},
		{"as many as a search counts", 100, false, []int{100, 1000}, []int{99}},
		{"many", 1234, false, []int{1234, 5000}, []int{1233, 100, 99}},
		{"an instant", 101, true, nil, []int{101, 100_000}},
	} {
		resolved := func(i int) time.Time {
			if test.instant {
				return window.From.Add(17 * time.Minute)
			}
			return window.From.Add(time.Duration(i) * time.Second)
		}
		searches := 0
		count := func(_ context.Context, w Window) (n int, err error) {
			searches++
			for i := range test.all {
				if at := resolved(i); !at.Before(w.From) && at.Before(w.To) {
					n++
				}
			}
			return min(n, 100), nil
		}
		for _, most := range test.within {
			if n, err := countTo(t.Context(), window, 100, most, count); err != nil || n != test.all {
				t.Errorf("%s, up to %d: %d, %v", test.name, most, n, err)
			}
		}
		for _, most := range test.beyond {
			if n, err := countTo(t.Context(), window, 100, most, count); err != nil || n <= most {
				t.Errorf("%s, up to %d: %d, %v", test.name, most, n, err)
			}
		}
		if searches > 200 {
			t.Errorf("%s: %d searches", test.name, searches)
		}
	}
}
