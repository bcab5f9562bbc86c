package doc

import (
	"strings"
	"testing"
)

// TestWholeFlags: no line ends within a flag, nothing is added to what is copied, and markup stays text.
func TestWholeFlags(t *testing.T) {
	for words, want := range map[string]string{
		"acsync backfill --sandbox --from X": `acsync backfill <span class="flag">--sandbox</span> <span class="flag">--from</span> X`,
		"by hand (--accept)":                 `by hand (<span class="flag">--accept</span>)`,
		"a -- b, x--y":                       "a -- b, x--y",
		"<script> --<b>":                     "&lt;script&gt; --&lt;b&gt;",
	} {
		if got := string(wholeFlags(words)); got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
}

// TestTicksOfANarrowChart: there the labels are half as many, and end within the chart.
func TestTicksOfANarrowChart(t *testing.T) {
	for n := 1; n < 100; n++ {
		for i, tick := range (Columns{Slots: make([]Slot, n)}).Ticks() {
			if tick.Wide != (i%2 == 1) || !tick.Wide && tick.X >= "70" {
				t.Errorf("%d slots: label %d at %s %%, wide %t", n, i, tick.X, tick.Wide)
			}
		}
	}
}

// TestPageHasItsStyle: a page is complete by itself, whole and once.
func TestPageHasItsStyle(t *testing.T) {
	var page strings.Builder
	if err := HTML(&page, Doc{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), pageCSS); n != 1 {
		t.Errorf("the page has its style sheet %d times", n)
	}
}
