package sync

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
)

// postpone tells that a case waits for its time, and keeps that for the record unless the ledger says so already. What
// will be sent then is read and decided anew.
func (f *windowCommit) postpone(c decide.Case, due time.Time) {
	known := c.Own
	same := known.State == store.Scheduled && known.Due.Equal(due) && decide.SameResolution(known.Resolution, c.Resolution())
	if !same {
		f.keep(c, store.Record{State: store.Scheduled, Reason: string(decide.Delayed), Due: due})
	}
	f.pass.tell(rowOf(c, deliver.Outcome{State: store.Scheduled, Reason: decide.Delayed, Due: due}))
}

// timely tells whether the time of a waiting entry has come.
func (p *pass) timely(e store.Entry, now time.Time) bool {
	return decide.Ripe(e, p.collector.Started(), now)
}
