package decide

import (
	"time"

	"acsync/store"
)

// Due is when a case that is to be sent is to be sent: its delay after it was marked done.
func (c Case) Due() time.Time { return c.Resolution().Add(c.Delay) }

// Early tells whether a case that is to be sent has to wait for its time, by Kustomer's clock.
func (c Case) Early() bool { return c.Send() && c.Delay > 0 && c.Due().After(c.Now) }

// Ripe tells whether the time of a waiting entry has come. A delay counts by Kustomer's clock, from which the resolution
// comes; what this machine has put off counts by its own.
func Ripe(e store.Entry, kustomers, own time.Time) bool {
	if Reason(e.Reason) == Delayed {
		return !e.Due.After(kustomers)
	}
	return !e.Due.After(own)
}

// planned is when the conversation was to be asked about. A delay does not make it older, also not one that was decided
// under other rules: the ledger holds its end.
func (p Policy) planned(c Candidate) time.Time {
	resolved := c.Conversation.LastDone.At
	planned := resolved.Add(p.Delay)
	if known := c.Known; Reason(known.Reason) == Delayed && SameResolution(known.Resolution, resolved) && known.Due.After(planned) {
		return known.Due
	}
	return planned
}
