package fetch

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Window is a half-open interval [From, To) of resolution times.
type Window struct{ From, To time.Time }

// Empty reports whether no instant lies in the window.
func (w Window) Empty() bool { return !w.From.Before(w.To) }

// Contains reports whether the instant lies in the window.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.From) && t.Before(w.To) }

// Reaches reports whether a resolution that a search of the window found lies in it: the conversation may
// tell its time a little otherwise.
func (w Window) Reaches(resolved time.Time) bool {
	near := func(end time.Time) bool { return decide.SameResolution(resolved, end) }
	return w.Contains(resolved) || near(w.From) || near(w.To)
}

// Widen lets a window hold an instant too. The zero Window holds it alone.
func (w Window) Widen(at time.Time) Window {
	if w.From.IsZero() || at.Before(w.From) {
		w.From = at
	}
	if end := at.Add(time.Millisecond); end.After(w.To) {
		w.To = end
	}
	return w
}

// String shows the window's ends in UTC.
func (w Window) String() string {
	return decide.Format(w.From) + " to " + decide.Format(w.To)
}

// Span is what a pass reads: from the checkpoint less the overlap, but not before what the ledger knows, up
// to what the index has settled.
func Span(info store.Info, until time.Time, overlap time.Duration) Window {
	from := later(KnownSince(info), info.Checkpoint.Add(-overlap))
	return Window{from.Truncate(time.Millisecond), until}
}

// KnownSince is since when the ledger knows who was asked: its start, or its floor.
func KnownSince(info store.Info) time.Time { return later(info.Start, info.Floor) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// PageLimits are how much a search returns, and how much of that a window aims at.
type PageLimits struct {
	Page   int // rows of a page at most (500, documented)
	Target int // rows that a window aims at
	Rows   int // rows of a search in all, whatever the size of its pages (10,000, observed)
	Pages  int // pages of a search (100, documented)
}

var kustomerLimits = PageLimits{Page: 500, Target: 400, Rows: 10_000, Pages: 100}
