package app

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/verify"
)

// rebuildDays is how far back a rebuild reads that is not told.
const rebuildDays = 90

// rebuild marks as accepted what Agent Connect received since a time, and trusts the ledger again when all of
// that is known. A zero time is long enough ago for the ledger; it gives the time that it has read from.
func rebuild(
	ctx context.Context, ledger *bolt.Ledger, connect *agentconnect.Client, since time.Time, stamped, missing bool,
) (written int, from time.Time, err error) {
	info, err := ledger.Info()
	if err != nil {
		return 0, since, err
	}
	known := info.Witnessed.Add(-verify.Skew)
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
	if info.Intents == 0 { // a new one, perhaps filled from an export: a rebuild that fails must not let it ask everybody
		if err := ledger.Distrust(); err != nil {
			return 0, since, err
		}
	}
	gathered, err := gather(ledger, info, connect.Since(ctx, since))
	if err != nil {
		return 0, since, err
	}
	written, err = gathered.enter(ledger)
	if err != nil {
		return written, since, err
	}
	if gathered.nameless > 0 && !missing {
		return written, since, fmt.Errorf("%w: Agent Connect shows %d requests of it that do not tell whom they were about, and nothing is trusted: "+
			"these would be asked again. Run acsync ledger rebuild again after a while; --%s does without them",
			store.ErrRolledBack, gathered.nameless, flagAcceptMissing)
	}
	return written, since, ledger.Adopt(bolt.Adoption{Seen: gathered.seen, Unstamped: !stamped, Missing: missing})
}

// gathered is what Agent Connect's data tell a ledger that is rebuilt.
type gathered struct {
	ledger   store.Info
	received map[string][]reception // of survey requests, by the ids of conversations
	followed recoveries
	arrivals *verify.Arrivals // what of that which is in doubt has arrived
	seen     uint64           // the greatest number of an intent of this very ledger
	nameless int              // requests of this ledger that it does not know of, and that do not tell their conversation
}

// reception is when Agent Connect received a survey request, and the number of the intent where it was of
// this ledger.
type reception struct {
	at     time.Time
	intent uint64
}

// gather reads the data to their end.
func gather(ledger *bolt.Ledger, info store.Info, interactions iter.Seq2[agentconnect.Interaction, error]) (*gathered, error) {
	g := &gathered{ledger: info, received: map[string][]reception{}}
	var err error
	if g.arrivals, err = verify.NewArrivals(ledger); err != nil {
		return nil, err
	}
	for i, err := range interactions {
		if err != nil {
			return nil, err
		}
		i.ExtInteractionID = strings.TrimSpace(i.ExtInteractionID) // as the passes compare it
		g.note(i)
	}
	return g, nil
}

func (g *gathered) note(i agentconnect.Interaction) {
	g.arrivals.Note(i)
	number, own := verify.OwnStamp(g.ledger.ID, i.Intent)
	if own {
		g.seen = max(g.seen, number)
	}
	if g.followed.note(i); i.Recovery && !own {
		return
	}
	if own && i.ExtInteractionID == "" && number > g.ledger.Intents {
		g.nameless++
	}
	id, this := i.ExtInteractionID, reception{at: receivedAt(i)}
	if own {
		this.intent = number
	}
	switch {
	case id == "" || len(id) > store.MaxID:
	case g.ledger.Identity == store.PerResolution:
		g.received[id] = append(g.received[id], this)
	case len(g.received[id]) == 0:
		g.received[id] = []reception{this}
	default:
		g.received[id][0] = g.received[id][0].with(this)
	}
}

// with is the later of two, with the number of either.
func (r reception) with(other reception) reception {
	if other.at.After(r.at) {
		r.at = other.at
	}
	r.intent = max(r.intent, other.intent)
	return r
}

// enter writes all of it into the ledger, and gives the number of what that did not know.
func (g *gathered) enter(ledger *bolt.Ledger) (written int, err error) {
	for _, part := range []func() (int, error){
		g.arrivals.Settle,
		func() (int, error) { return ledger.Import(received(ledger, g.ledger.Identity, g.received)) },
		func() (int, error) { return ledger.Import(g.followed.entries(ledger)) },
	} {
		n, err := part()
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

// received turns what Agent Connect received into accepted entries, for what the ledger does not know as
// settled. The time of the resolution is not told there: that of the reception, which is later, stands in for
// it, and with one survey for each resolution whatever was marked done until then counts as asked about.
func received(ledger *bolt.Ledger, identity store.Identity, receptions map[string][]reception) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for id, all := range receptions {
			slices.SortFunc(all, func(a, b reception) int { return a.at.Compare(b.at) })
			all = slices.CompactFunc(all, func(a, b reception) bool { return a.at.Equal(b.at) }) // a row that has changed comes again
			for n, each := range all {
				entry, missing, err := rebuilt(ledger, identity, id, each.at, n == len(all)-1)
				entry.Intent = each.intent
				if (err != nil || missing) && !yield(entry, err) || err != nil {
					return
				}
			}
		}
	}
}

// rebuilt is what an interaction adds to the ledger, if anything. One that the ledger remembers by
// conversation is settled for good. By resolution the last one is so when the ledger holds something sent
// about then or later: no earlier resolution is ever seen again; each other one when it holds something sent
// about then. Else it gets a key of its own, where the conversation's is taken or kept for the last.
func rebuilt(ledger *bolt.Ledger, identity store.Identity, id string, at time.Time, last bool) (store.Entry, bool, error) {
	key := store.Key{Conversation: id}
	if !last {
		key.Resolution = at.UnixMilli()
	}
	known, err := ledger.Lookup([]store.Key{key})
	if err != nil {
		return store.Entry{}, false, err
	}
	for k, r := range known {
		if k.Recovery || !r.Held() {
			continue
		}
		after := slices.MaxFunc([]time.Time{r.At, r.Resolution}, time.Time.Compare).Sub(at)
		if identity != store.PerResolution || after >= -verify.Skew && (last || after <= verify.Skew) {
			return store.Entry{}, false, nil
		}
		key.Resolution = at.UnixMilli()
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
