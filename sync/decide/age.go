package decide

import (
	"time"

	"acsync/store"
)

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
