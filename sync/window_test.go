package sync

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSpan(t *testing.T) {
	start := testNow.Add(-24 * time.Hour)
	tests := []struct {
		name       string
		checkpoint time.Time
		want       Window
	}{
		{"the first pass begins at the start", start, Window{start, testNow.Add(-3 * time.Minute)}},
		{"the overlap never reaches before the start", start.Add(time.Minute), Window{start, testNow.Add(-3 * time.Minute)}},
		{"later ones before the checkpoint", testNow.Add(-time.Hour), Window{testNow.Add(-90 * time.Minute), testNow.Add(-3 * time.Minute)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := span(start, test.checkpoint, testNow, 30*time.Minute, 3*time.Minute); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	t.Run("a ledger that was just made has nothing to read", func(t *testing.T) {
		if got := span(testNow, testNow, testNow, 30*time.Minute, 3*time.Minute); !got.Empty() {
			t.Errorf("got %s", got)
		}
	})
}

// TestTiles holds that the windows of a range have no gap and no overlap, whatever is found in them.
func TestTiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.UnixMilli(rapid.Int64Range(1.5e12, 1.9e12).Draw(t, "from"))
		whole := Window{from, from.Add(time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "milliseconds")) * time.Millisecond)}
		tiles, at := newTiler(whole), whole.From
		for window, ok := tiles.next(); ok; window, ok = tiles.next() {
			if !window.From.Equal(at) || window.Empty() {
				t.Fatalf("window %s, want one from %s", window, at)
			}
			at = window.To
			rows := rapid.IntRange(0, 20000).Draw(t, "rows")
			if window.To.Sub(window.From) < time.Minute {
				rows = 0 // or it takes very many windows
			}
			tiles.learn(window, rows)
		}
		if !at.Equal(whole.To) {
			t.Fatalf("the windows end at %s, the range at %s", at, whole.To)
		}
	})
}

func TestHalves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := time.UnixMilli(rapid.Int64Range(0, 2e12).Draw(t, "from"))
		w := Window{from, from.Add(time.Duration(rapid.Int64Range(1, 1e7).Draw(t, "milliseconds")) * time.Millisecond)}
		early, late, ok := w.halves()
		switch {
		case !ok && w.To.Sub(w.From) > time.Millisecond:
			t.Fatalf("%s cannot be cut", w)
		case ok && (early.From != w.From || early.To != late.From || late.To != w.To || early.Empty() || late.Empty()):
			t.Fatalf("%s is cut into %s and %s", w, early, late)
		}
	})
}
