package sync

import (
	"time"

	"acsync/store"
)

// due is when a case that is to be sent is to be sent: its delay after it was marked done.
func (c Case) due() time.Time { return c.resolution().Add(c.Delay) }

// early tells whether a case that is to be sent has to wait for its time, by Kustomer's clock.
func (c Case) early() bool { return c.Send() && c.Delay > 0 && c.due().After(c.Now) }

// postpone tells that a case waits for its time, and keeps that for the record unless the ledger says so already. What
// will be sent then is read and decided anew.
func (f *folio) postpone(c Case) {
	due := c.due()
	known := c.own
	same := known.State == store.Scheduled && known.Due.Equal(due) && SameResolution(known.Resolution, c.resolution())
	if !same {
		f.keep(c, store.Record{State: store.Scheduled, Reason: string(Delayed), Due: due})
	}
	f.pass.tell(rowOf(c, Outcome{State: store.Scheduled, Reason: Delayed, Due: due}))
}

// timely tells whether the time of a waiting entry has come.
func (p *pass) timely(e store.Entry, now time.Time) bool { return ripe(e, p.collector.started(), now) }

// ripe tells whether the time of a waiting entry has come. A delay counts by Kustomer's clock, from which the resolution
// comes; what this machine has put off counts by its own.
func ripe(e store.Entry, kustomers, own time.Time) bool {
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
