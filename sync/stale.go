package sync

import (
	"time"

	"acsync/store"
)

// stale tells whether it is too late to ask: more than MaxAge after the time at which the conversation was to be asked about. What waits in the ledger and was too old
// already when that was decided, was decided by a back-fill, to which no age matters: it stays decided. So does what the
// operator wants to be sent again.
func (p Policy) stale(c Candidate) bool {
	planned := p.planned(c)
	if p.MaxAge <= 0 || c.Now.Sub(planned) <= p.MaxAge {
		return false
	}
	decided := c.Known.First
	switch {
	case c.Known.State == store.Scheduled && decided.IsZero():
		decided = c.Known.At
	case c.Known.State == store.Retry && Reason(c.Known.Reason) == ByHand:
		return false
	case !c.Known.State.Waiting():
		return true
	}
	return decided.Sub(planned) <= p.MaxAge
}

// widen lets a window hold an instant too. The zero Window holds it alone.
func (w Window) widen(at time.Time) Window {
	if w.From.IsZero() || at.Before(w.From) {
		w.From = at
	}
	if end := at.Add(time.Millisecond); end.After(w.To) {
		w.To = end
	}
	return w
}
