package sync

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
)

// takeBack keeps for later what was rejected when each of a pass's first requests was, for one reason: a
// channel that is off, a brand that is missing. When that is mended, nobody has to be asked again by hand.
func (w *work) takeBack(refused []deliver.Refused) error {
	if len(refused) == 0 {
		return nil
	}
	keys := make([]store.Key, len(refused))
	for i, each := range refused {
		keys[i] = each.Key
	}
	known, err := w.ledger.Lookup(keys)
	if err != nil {
		return unwritten("look up what is to be tried again: %w", err)
	}
	why, now := refused[0].Reason, time.Now()
	var entries []store.Entry
	for _, key := range keys {
		if r := known[key]; r.State == store.Rejected && decide.Reason(r.Reason) == why {
			entries = append(entries, store.Entry{Key: key, Record: r})
		}
	}
	result := store.Result{State: store.Retry, Reason: string(why), At: now, Due: now}
	if err := w.ledger.Reopen(entries, result); err != nil {
		return unwritten("keep what was rejected, to try it again: %w", err)
	}
	for _, e := range entries {
		w.tally.takenBack(store.Entry{Key: e.Key, Record: e.Reopened(result)})
	}
	return nil
}
