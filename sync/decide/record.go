package decide

import (
	"acsync/store"
)

// Rank is how much a state says: 4 sent, or never to be, 3 perhaps sent, 2 to be sent, 1 skipped, 0 nothing.
func Rank(s store.State) int {
	switch {
	case s.Final():
		return 4
	case s == store.Sending, s == store.InDoubt:
		return 3
	case s.Waiting():
		return 2
	case s == store.Skipped:
		return 1
	}
	return 0
}

// EffectiveRank is the rank of a record. A rejection without an attempt can be decided anew, like a skip.
func EffectiveRank(r store.Record) int {
	if r.State.Final() && !r.Settled() {
		return Rank(store.Skipped)
	}
	return Rank(r.State)
}

// Stronger is the record of two that says more; the first of equals.
func Stronger(a, b store.Record) store.Record {
	if EffectiveRank(b) > EffectiveRank(a) {
		return b
	}
	return a
}

// GroupByConversation sorts what the ledger knows by conversation: the survey requests, and the recoveries.
func GroupByConversation(
	known map[store.Key]store.Record,
) (surveys map[string][]store.Entry, recoveries map[string]store.Record) {
	surveys, recoveries = map[string][]store.Entry{}, map[string]store.Record{}
	for key, record := range known {
		if key.Recovery {
			recoveries[key.Conversation] = record
			continue
		}
		surveys[key.Conversation] = append(surveys[key.Conversation], store.Entry{Key: key, Record: record})
	}
	return surveys, recoveries
}

// FirstRequest is the survey request that a recovery follows up: the latest accepted one.
func FirstRequest(surveys []store.Entry) (first store.Record) {
	for _, e := range surveys {
		later := first.State == store.Unknown || e.Record.Resolution.After(first.Resolution)
		if e.State == store.Accepted && later {
			first = e.Record
		}
	}
	return first
}
