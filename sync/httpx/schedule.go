package httpx

import "time"

const (
	// lateAdmission is by how much calls may be admitted behind their schedule without that moving: timers
	// and the scheduler of a loaded machine wake a sleeper late by milliseconds, and what he lost so is made
	// good by shorter gaps.
	lateAdmission = 50 * time.Millisecond
	// lateDeparture is the same for calls that leave after something was written to a disk, which takes
	// unevenly long.
	lateDeparture = 500 * time.Millisecond
)

// schedule spaces calls evenly by the times at which they are due, and not by those at which they come. Each
// is due an interval after the one before was due, but no further back than the tolerance: who comes later
// than that moves the schedule.
//
// So no call comes before it is due, or later than the tolerance after. Of n calls that come within 60 s, the
// first and the last are due less than 60 s + tolerance apart, which are n-1 intervals: n is less than
// 1 + (60 s + tolerance) / interval. An interval is at least 60 s / (limit × (1 - margin)), so that n is not
// above the limit as long as the tolerance is not above 60 s × margin / (1 - margin), which are 1.22 s,
// whatever the limit. What the tolerance leaves of these is for the ways to the server, which are not equally
// long. At most 1 + tolerance / interval calls come at one instant.
type schedule struct {
	last      time.Time // when the last call was due
	tolerance time.Duration
}

// take gives the next call a place, and returns when it is due; nothing is due before earliest.
func (s *schedule) take(now, earliest time.Time, interval time.Duration) time.Time {
	s.last = latest(s.last.Add(interval), earliest, now.Add(-s.tolerance))
	return s.last
}

// missed reports whether a call that was due comes too late.
func (s *schedule) missed(due, now time.Time) bool { return now.Sub(due) > s.tolerance }

// hold moves the schedule back behind a time.
func (s *schedule) hold(until time.Time) { s.last = latest(s.last, until) }

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}
