package fetch

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"acsync/store"
)

func TestSpan(t *testing.T) {
	start := testNow.Add(-24 * time.Hour)
	tests := []struct {
		name       string
		checkpoint time.Time
		want       Window
	}{
		{"the first pass begins at the start", start, Window{From: start, To: testNow.Add(-3 * time.Minute)}},
		{"the overlap never reaches before the start", start.Add(time.Minute), Window{From: start, To: testNow.Add(-3 * time.Minute)}},
		{"later ones before the checkpoint", testNow.Add(-time.Hour), Window{From: testNow.Add(-90 * time.Minute), To: testNow.Add(-3 * time.Minute)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Span(store.Info{Start: start, Checkpoint: test.checkpoint}, testNow.Add(-3*time.Minute), 30*time.Minute); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("a ledger that was just made has nothing to read", func(t *testing.T) {
		if got := Span(store.Info{Start: testNow, Checkpoint: testNow}, testNow.Add(-3*time.Minute), 30*time.Minute); !got.Empty() {
			t.Errorf("got %s", got)
		}
	})
}

// TestTiles holds that the windows of a range have no gap and no overlap, whatever is found in them.
func TestTiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.UnixMilli(rapid.Int64Range(1.5e12, 1.9e12).Draw(t, "from"))
		whole := Window{From: from, To: from.Add(time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "milliseconds")) * time.Millisecond)}
		tiles, at := newSplitter(whole, kustomerLimits), whole.From
		for window, ok := tiles.next(); ok; window, ok = tiles.next() {
			if !window.From.Equal(at) || window.Empty() {
				t.Fatalf("window %s, want one from %s", window, at)
			}
			at = window.To
			rows := rapid.IntRange(0, 20000).Draw(t, "rows")
			if window.To.Sub(window.From) < time.Minute {
				rows = 0 // or it takes very many windows
			}
			tiles.observe(window, rows)
		}
		if !at.Equal(whole.To) {
			t.Fatalf("the windows end at %s, the range at %s", at, whole.To)
		}
	})
}

// TestNarrow holds that a window which is too full is followed by one from the same instant that is narrower.
func TestNarrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.UnixMilli(rapid.Int64Range(0, 2e12).Draw(t, "from"))
		width := rapid.Int64Range(1, 1e10).Draw(t, "milliseconds")
		whole := Window{From: from, To: from.Add(time.Duration(width) * time.Millisecond)}
		tiles := newSplitter(whole, kustomerLimits)
		window, _ := tiles.next()
		var rows []time.Time
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			rows = append(rows, window.From.Add(time.Duration(rapid.Int64Range(0, int64(window.To.Sub(window.From)/time.Millisecond)-1).Draw(t, "row"))*time.Millisecond))
		}
		narrowed := tiles.shrink(window, rows, rapid.IntRange(501, 10000).Draw(t, "total"))
		if narrowed != (window.To.Sub(window.From) > time.Millisecond) {
			t.Fatalf("%s is narrowed: %v", window, narrowed)
		}
		if next, ok := tiles.next(); narrowed && (!ok || !next.From.Equal(window.From) || !next.To.Before(window.To) || next.Empty()) {
			t.Fatalf("%s is followed by %s", window, next)
		}
	})
}

// TestSweepGoesOnAsWide stops a sweep after each window, as a back-fill does for whoever waits for the ledger:
// the next one begins with windows as wide as the last were.
func TestSweepGoesOnAsWide(t *testing.T) {
	b := newFixture(10)
	f, rest := b.fetcher(), Window{testNow.Add(-60 * 24 * time.Hour), testNow}
	turns := 0
	for ; !rest.Empty() && turns < 100; turns++ {
		taken := false // what was read ahead of it is thrown away
		err := f.Sweep(t.Context(), rest, func(c Chunk) bool {
			if taken {
				return false
			}
			if taken = c.Complete; taken {
				rest.From = c.To
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if turns > 20 {
		t.Errorf("%d turns, and %s of 60 days to go", turns, rest.To.Sub(rest.From))
	}
}
