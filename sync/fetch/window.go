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

// Reaches reports whether a resolution that a search of the window has found lies in it: the conversation may
// tell its time a little otherwise than the search does.
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
	return w.From.UTC().Format(decide.TimeLayout) + " to " + w.To.UTC().Format(decide.TimeLayout)
}

// Span is the whole range that a pass reads: from the checkpoint, less the overlap, up to what the index has
// settled. The overlap never reaches before the time since which the ledger knows who was asked.
func Span(info store.Info, until time.Time, overlap time.Duration) Window {
	from := later(KnownSince(info), info.Checkpoint.Add(-overlap))
	return Window{from.Truncate(time.Millisecond), until}
}

// KnownSince is since when the ledger knows who was asked: its start, before which other means may have
// asked, or its floor.
func KnownSince(info store.Info) time.Time { return later(info.Start, info.Floor) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
