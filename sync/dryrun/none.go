package dryrun

import (
	"slices"
	"time"

	"acsync/store"
)

// None stands in for a ledger that does not exist yet, for a dry run.
type None struct {
	Start time.Time     // where its first window would begin
	Known []store.Entry // what it would hold; usually nothing
}

// Info tells where the first window would begin.
func (n None) Info() (store.Info, error) {
	return store.Info{Start: n.Start, Checkpoint: n.Start}, nil
}

// Lookup finds what the ledger would hold.
func (n None) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found := map[store.Key]store.Record{}
	for _, entry := range n.Known {
		if slices.ContainsFunc(keys, func(k store.Key) bool { return k.Conversation == entry.Conversation }) {
			found[entry.Key] = entry.Record
		}
	}
	return found, nil
}

// Runs are none.
func (None) Runs(int) ([]store.Run, error) { return nil, nil }

// Backfill is none.
func (None) Backfill(_, _ time.Time) (store.Backfill, error) { return store.Backfill{}, nil }

// Waiting is empty.
func (None) Waiting(int, ...store.State) ([]store.Entry, error) { return nil, nil }

// OpenIntents is empty.
func (None) OpenIntents() ([]store.Entry, error) { return nil, nil }
