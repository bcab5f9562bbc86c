package decide

import (
	"time"

	"acsync/store"
)

// Clock is the time by both clocks: a delay counts by Kustomer's, from which the resolution comes; what this
// machine has put off counts by its own.
type Clock struct{ Kustomer, Own time.Time }

// Until is where a pass ends: settle before the clock that is behind. The other clock may be wrong, and what
// is read up to a time that has not come would never be read again.
func (c Clock) Until(settle time.Duration) time.Time {
	if c.Own.Before(c.Kustomer) {
		return c.Own.Add(-settle).Truncate(time.Millisecond)
	}
	return c.Kustomer.Add(-settle).Truncate(time.Millisecond)
}

// GiveUpAfter is how long after its first attempt a survey request is still tried again.
const GiveUpAfter = 72 * time.Hour

// ripe reports whether the time of a waiting entry has come.
func ripe(e store.Entry, now Clock) bool {
	if Reason(e.Reason) == Delayed {
		return !e.Due.After(now.Kustomer)
	}
	return !e.Due.After(now.Own)
}

// exhausted reports whether an entry was tried for long enough. A request is tried once more, whatever its
// age, when it has only now become known that it did not arrive.
func exhausted(e store.Entry, now time.Time) bool {
	fresh := Reason(e.Reason) == NotArrived || Reason(e.Reason) == ByHand
	return e.State == store.Retry && !fresh && !e.First.IsZero() && now.Sub(e.First) > GiveUpAfter
}

// stale reports whether it is too late to ask: more than maxAge after the time at which the conversation was
// to be asked about; 0: never.
func stale(c Candidate, maxAge, delay time.Duration) bool {
	planned := plannedAt(c, delay)
	if maxAge <= 0 || c.Now.Sub(planned) <= maxAge {
		return false
	}
	decided := c.Known.First
	switch {
	case c.Known.State == store.Scheduled && decided.IsZero():
		decided = c.Known.At
	// The operator wants it to be sent again.
	case c.Known.State == store.Retry && Reason(c.Known.Reason) == ByHand:
		return false
	case !c.Known.State.Waiting():
		return true
	}
	// What was too old already when it was decided was decided by a back-fill, to which no age matters: it
	// stays so.
	return decided.Sub(planned) <= maxAge
}

// plannedAt is when the conversation was to be asked about. A delay does not make it older, also not one that
// was decided under other rules: the ledger holds its end.
func plannedAt(c Candidate, delay time.Duration) time.Time {
	resolved := c.Conversation.LastDone.At
	planned, known := resolved.Add(delay), c.Known
	delayed := Reason(known.Reason) == Delayed && SameResolution(known.Resolution, resolved)
	if delayed && known.Due.After(planned) {
		return known.Due
	}
	return planned
}
