package decide

import (
	"acsync/store"
)

// Stale tells whether it is too late to ask: more than MaxAge after the time at which the conversation was to be asked about. What waits in the ledger and was too old
// already when that was decided, was decided by a back-fill, to which no age matters: it stays decided. So does what the
// operator wants to be sent again.
func (p Policy) Stale(c Candidate) bool {
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
