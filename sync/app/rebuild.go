package app

import (
	"context"
	"iter"
	"slices"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
)

// rebuildDays is how far back a rebuild reads that is not told.
const rebuildDays = 90

// rebuild marks as accepted what Agent Connect received since a time, and trusts the ledger again when all of that is known. A
// zero time is long enough ago for the ledger; it gives the time that it has read from.
func rebuild(ctx context.Context, ledger *store.Ledger, connect *agentconnect.Client, since time.Time) (written int, from time.Time, err error) {
	info, err := ledger.Info()
	if err != nil {
		return 0, since, err
	}
	known := info.Witnessed.Add(-surveysync.Skew)
	switch {
	case since.IsZero():
		since = time.Now().AddDate(0, 0, -rebuildDays)
		if known.Before(since) {
			since = known
		}
	case since.After(info.Witnessed):
		return 0, since, usagef("--%s is %s, but what this ledger knows of for certain ends at %s: whoever was asked between would be asked again; "+
			"leave --%s out", flagSince, since.UTC().Format(time.RFC3339), info.Witnessed.UTC().Format(time.RFC3339), flagSince)
	}
	if info.Intents == 0 && info.Counts[store.Accepted] == 0 { // a new one: a rebuild that fails must not let it ask everybody
		if err := ledger.Distrust(); err != nil {
			return 0, since, err
		}
	}
	var followed recoveries
	var seen lastSeen
	n, err := ledger.Import(received(ledger, seen.sift(info.ID, followed.sift(connect.Since(ctx, since)))))
	if err != nil {
		return n, since, err
	}
	more, err := ledger.Import(followed.entries(ledger))
	if err != nil {
		return n + more, since, err
	}
	return n + more, since, ledger.Adopt(store.Adoption{Seen: uint64(seen)})
}

// lastSeen is the greatest number of an intent of the ledger among Agent Connect's interactions.
type lastSeen uint64

// sift notes the numbers of the ledger's own stamps.
func (l *lastSeen) sift(ledger string, interactions iter.Seq2[agentconnect.Interaction, error]) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for i, err := range interactions {
			if number, own := surveysync.OwnStamp(ledger, i.Intent); own {
				*l = max(*l, lastSeen(number))
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// received turns Agent Connect's interactions into accepted entries, for what the ledger does not know as settled. The time
// of the resolution is not told there: that of the reception, which is later, stands in for it, and with one survey for each
// resolution whatever was marked done until then counts as asked about. So of several the latest is kept.
func received(ledger *store.Ledger, interactions iter.Seq2[agentconnect.Interaction, error]) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		latest := map[string]time.Time{}
		for i, err := range interactions {
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if id := i.ExtInteractionID; id != "" && len(id) <= store.MaxID {
				if at := receivedAt(i); at.After(latest[id]) {
					latest[id] = at
				}
			}
		}
		info, err := ledger.Info()
		if err != nil {
			yield(store.Entry{}, err)
			return
		}
		for id, at := range latest {
			entry, missing, err := rebuilt(ledger, info.Identity, id, at)
			if (err != nil || missing) && !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

// rebuilt is what an interaction adds to the ledger, if anything. One that the ledger remembers by conversation is settled
// for good. By resolution it is so when the ledger holds something sent about then or later: no earlier resolution
// is ever seen again. Else it gets a key of its own where the conversation's is taken.
func rebuilt(ledger *store.Ledger, identity store.Identity, id string, at time.Time) (store.Entry, bool, error) {
	key := store.Key{Conversation: id}
	known, err := ledger.Lookup([]store.Key{key})
	if err != nil {
		return store.Entry{}, false, err
	}
	for k, r := range known {
		if k.Recovery {
			continue
		}
		if r.Held() && (identity != store.PerResolution || !slices.MaxFunc([]time.Time{r.At, r.Resolution}, time.Time.Compare).Before(at.Add(-surveysync.Skew))) {
			return store.Entry{}, false, nil
		}
		if r.Held() {
			key.Resolution = at.UnixMilli()
		}
	}
	return acceptedAt(key, at), true, nil
}

// receivedAt is when Agent Connect received a request; now, which is later, where its data do not tell.
func receivedAt(i agentconnect.Interaction) time.Time {
	if i.CreatedAt.IsZero() {
		return time.Now().UTC()
	}
	return i.CreatedAt
}

// acceptedAt is the entry of what Agent Connect received then.
func acceptedAt(key store.Key, at time.Time) store.Entry {
	return store.Entry{Key: key, Record: store.Record{State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: at, At: at}}
}
