package sync

import (
	"fmt"
	"time"
)

// Window is a half-open interval [From, To) of resolution times.
type Window struct{ From, To time.Time }

// Empty tells whether no instant lies in the window.
func (w Window) Empty() bool { return !w.From.Before(w.To) }

// Contains tells whether the instant lies in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// halves cuts the window in two at a whole millisecond, which is as fine as Kustomer's times are. It tells false for
// a window that cannot be cut.
func (w Window) halves() (early, late Window, ok bool) {
	middle := w.From.Add(w.To.Sub(w.From) / 2).Truncate(time.Millisecond)
	if !middle.After(w.From) {
		return Window{}, Window{}, false
	}
	return Window{w.From, middle}, Window{middle, w.To}, true
}

// The shape of the windows: each is meant to be one page of a search.
const (
	pageRows    = 500       // what one page of a search holds at most (documented)
	targetRows  = 400       // what a window aims at
	firstWidth  = time.Hour // before anything is known of the density
	widestRange = 30 * 24 * time.Hour
	maxGrowth   = 8 // a window is at most so many times as wide as the one before
)

// tiler cuts a range into windows, one after the other, each as wide as the density seen so far lets one page hold.
type tiler struct {
	rest  Window
	width time.Duration
}

func newTiler(whole Window) *tiler { return &tiler{rest: whole, width: firstWidth} }

// next is the next window; false when the range is used up.
func (t *tiler) next() (Window, bool) {
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

// learn takes in how many rows a window held.
func (t *tiler) learn(w Window, rows int) {
	width := w.To.Sub(w.From)
	ideal := width * maxGrowth
	if rows > 0 {
		ideal = min(ideal, time.Duration(float64(width)*targetRows/float64(rows)))
	}
	t.width = max(min(ideal, widestRange), time.Second).Truncate(time.Millisecond)
}

// span is the whole range that a pass reads: from the checkpoint, less the overlap, up to what the index has settled.
// It never reaches before the start of the ledger, where other means may have asked already.
func span(start, checkpoint, now time.Time, overlap, settle time.Duration) Window {
	from := checkpoint.Add(-overlap)
	if from.Before(start) {
		from = start
	}
	return Window{from.Truncate(time.Millisecond), now.Add(-settle).Truncate(time.Millisecond)}
}

// String shows the window's ends in UTC.
func (w Window) String() string {
	const layout = "2006-01-02T15:04:05.000Z"
	return w.From.UTC().Format(layout) + " to " + w.To.UTC().Format(layout)
}

// OverflowError tells that more conversations bear one and the same millisecond than a search can return. Nothing of
// the instant was sent, and the checkpoint stays before it.
type OverflowError struct {
	At   time.Time
	Rows int // as the server counts them
}

// Error says what happened and what to do.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("%d conversations were marked done at the same instant, %s: more than one search can return. "+
		"The checkpoint stays before that instant; find out which bulk job closed them",
		e.Rows, e.At.UTC().Format(time.RFC3339Nano))
}
