package fetch

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Window is a half-open interval [From, To) of resolution times.
type Window struct{ From, To time.Time }

// Empty tells whether no instant lies in the window.
func (w Window) Empty() bool { return !w.From.Before(w.To) }

// Contains tells whether the instant lies in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// Reaches tells whether a resolution that a search of the window has found lies in it: the conversation may
// tell its time a little otherwise than the search does.
func (w Window) Reaches(resolved time.Time) bool {
	return w.Contains(resolved) || decide.SameResolution(resolved, w.From) || decide.SameResolution(resolved, w.To)
}

// reach is how much a search returns, and how much of that a window aims at: each is meant to be one page.
type PageLimits struct {
	Page   int // rows of a page at most (500, documented)
	Target int // rows that a window aims at
	Rows   int // rows of a search in all, whatever the size of its pages (10,000, observed)
	Pages  int // pages of a search (100, documented)
}

// KustomerLimits is what Kustomer's search returns.
var KustomerLimits = PageLimits{Page: 500, Target: 400, Rows: 10_000, Pages: 100}

// The widths of the windows.
const (
	firstWidth  = time.Hour // before anything is known of the density
	widestRange = 30 * 24 * time.Hour
	maxGrowth   = 8 // a window is at most so many times as wide as the one before
)

// Splitter cuts a range into windows, one after the other, each as wide as the density seen so far lets one page hold.
type Splitter struct {
	limits PageLimits
	rest   Window
	width  time.Duration
}

func NewSplitter(whole Window, r PageLimits) *Splitter {
	return &Splitter{limits: r, rest: whole, width: firstWidth}
}

// Next is the next window; false when the range is used up.
func (t *Splitter) Next() (Window, bool) {
	if t.rest.Empty() {
		return Window{}, false
	}
	window := Window{t.rest.From, t.rest.From.Add(t.width)}
	if window.To.After(t.rest.To) {
		window.To = t.rest.To
	}
	t.rest.From = window.To
	return window, true
}

// Observe takes in how many rows a window held.
func (t *Splitter) Observe(w Window, rows int) {
	width := w.To.Sub(w.From)
	ideal := width * maxGrowth
	if rows > 0 {
		ideal = min(ideal, time.Duration(float64(width)*float64(t.limits.Target)/float64(rows)))
	}
	t.width = max(min(ideal, widestRange), time.Second).Truncate(time.Millisecond)
}

// Shrink takes back a window that holds more than a page, and makes the next one, from the same instant, narrower, so
// that it should hold the target. It judges by the count and by the times at hand, which are those of some of its rows, in
// no certain order. It tells false for a window of one millisecond, which is as fine as Kustomer's times are.
func (t *Splitter) Shrink(w Window, times []time.Time, total int) bool {
	width := w.To.Sub(w.From)
	if width <= time.Millisecond {
		return false
	}
	share := float64(t.limits.Target) / float64(max(total, t.limits.Page))
	next := time.Duration(float64(width) * share)
	if len(times) > 0 {
		first, last := slices.MinFunc(times, time.Time.Compare), slices.MaxFunc(times, time.Time.Compare)
		spread := last.Sub(first) + time.Millisecond
		// Evenly spread rows fill at least their share of the window, even if the search returns the latest first.
		even := float64(width) * float64(len(times)) / float64(total)
		switch concentrated := float64(spread) < even/4 && total < t.limits.Rows || spread == time.Millisecond; {
		case concentrated && first.After(w.From): // a bulk job's: all before it
			next = first.Sub(w.From)
		case concentrated && spread == time.Millisecond: // its instant
			next = time.Millisecond
		case concentrated: // its beginning
			next = time.Duration(float64(spread) * share)
		}
	}
	t.rest.From = w.From
	t.width = max(min(next, width-time.Millisecond).Truncate(time.Millisecond), time.Millisecond)
	return true
}

// Clocks are the two that a pass goes by.
type Clocks struct{ Kustomer, Own time.Time }

// Until is where a pass ends: settle before the clock that is behind. The other one may be wrong, and what is
// read up to a time that has not come would never be read again.
func (c Clocks) Until(settle time.Duration) time.Time {
	if c.Own.Before(c.Kustomer) {
		return c.Own.Add(-settle).Truncate(time.Millisecond)
	}
	return c.Kustomer.Add(-settle).Truncate(time.Millisecond)
}

// Span is the whole range that a pass reads: from the checkpoint, less the overlap, up to what the index has settled.
// The overlap never reaches before the time since which the ledger knows who was asked.
func Span(info store.Info, until time.Time, overlap time.Duration) Window {
	from := later(KnownSince(info), info.Checkpoint.Add(-overlap))
	return Window{from.Truncate(time.Millisecond), until}
}

// KnownSince is since when the ledger knows who was asked: its start, before which other means may have asked,
// or its floor.
func KnownSince(info store.Info) time.Time { return later(info.Start, info.Floor) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// String shows the window's ends in UTC.
func (w Window) String() string {
	return w.From.UTC().Format(decide.TimeLayout) + " to " + w.To.UTC().Format(decide.TimeLayout)
}
