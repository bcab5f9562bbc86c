// Package rebuild fills a ledger that was lost, or put back from a copy, with what Agent Connect has.
package rebuild

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/exit"
	"acsync/sync/verify"
)

// days is how far back a rebuild reads that is not told.
const days = 90

// Options say how a ledger is rebuilt.
type Options struct {
	Since   time.Time // read what was received from here on; zero: long enough ago for the ledger
	Stamped bool      // survey requests bear the number of their intent
	Missing bool      // trust the ledger although Agent Connect shows fewer requests than were counted once
}

// Result is what a rebuild has done, also where it came to no end.
type Result struct {
	Written int       // conversations that were marked as accepted
	Since   time.Time // where the reading began
}

// Ledger is what a rebuild needs of the ledger.
type Ledger interface {
	verify.Ledger
	// Import takes over what is known from elsewhere, and gives how many entries were written.
	Import(entries iter.Seq2[store.Entry, error]) (written int, err error)
	verify.Reopener
	// Distrust refuses the ledger to everybody else until Adopt.
	Distrust() error
	Adopt(a store.Adoption) error
}

// Run marks as accepted what Agent Connect received, and trusts the ledger again when all of that is known.
func Run(ctx context.Context, ledger Ledger, receiver verify.Receiver, o Options) (Result, error) {
	info, err := ledger.Info()
	if err != nil {
		return Result{Since: o.Since}, err
	}
	done := Result{Since: o.Since}
	switch {
	case o.Since.IsZero():
		done.Since = time.Now().AddDate(0, 0, -days)
		if known := info.Witnessed.Add(-verify.Skew); known.Before(done.Since) {
			done.Since = known
		}
	case o.Since.After(info.Witnessed):
		return done, exit.New(exit.Usage, fmt.Sprintf("--since is %s, but what this ledger knows of for "+
			"certain ends at %s: whoever was asked between would be asked again; leave --since out",
			o.Since.UTC().Format(time.RFC3339), info.Witnessed.UTC().Format(time.RFC3339)))
	}
	// A new ledger, perhaps filled from an export: a rebuild that fails must not let it ask everybody.
	if info.Intents == 0 {
		if err := ledger.Distrust(); err != nil {
			return done, err
		}
	}
	found, err := gather(ledger, info, receiver.Since(ctx, done.Since))
	if err != nil {
		return done, err
	}
	if done.Written, err = found.enter(); err != nil {
		return done, err
	}
	if found.nameless > 0 && !o.Missing {
		return done, fmt.Errorf("%w: Agent Connect shows requests of it (%d) that do not tell whom they "+
			"were about, and nothing is trusted: these would be asked again. Run acsync ledger rebuild again "+
			"after a while; --accept-missing does without them", store.ErrRolledBack, found.nameless)
	}
	return done, ledger.Adopt(store.Adoption{
		KnownFrom: done.Since, Seen: found.seen, Unstamped: !o.Stamped, Missing: o.Missing,
	})
}

// Marker marks as accepted, in a ledger, what some requests that Agent Connect has received are about, and
// settles what was in doubt of it; it gives how many the ledger did not know. What all of the data show
// together is for [Run].
func Marker(ledger Ledger) func([]agentconnect.Interaction) (int, error) {
	return func(received []agentconnect.Interaction) (int, error) {
		info, err := ledger.Info()
		if err != nil {
			return 0, err
		}
		found, err := gather(ledger, info, func(yield func(agentconnect.Interaction, error) bool) {
			for _, i := range received {
				if !yield(i, nil) {
					return
				}
			}
		})
		if err != nil {
			return 0, err
		}
		return found.enter()
	}
}

// evidence is what Agent Connect's data tell a ledger that is rebuilt.
type evidence struct {
	ledger   Ledger
	info     store.Info
	received map[string][]reception // of survey requests, by the ids of conversations
	// the interactions of recoveries, and by the UUID of any other one the conversation that it is about
	recoveries []agentconnect.Interaction
	about      map[string]string
	arrivals   *verify.Arrivals // settles what was in doubt and has arrived
	seen       uint64           // the greatest number of an intent of this very ledger
	// requests with a stamp that is unknown to the ledger, and without a conversation
	nameless int
}

// reception is when a survey request was received, and the number of its intent where it is of this ledger.
type reception struct {
	at     time.Time
	intent uint64
}

func gather(
	ledger Ledger, info store.Info, interactions iter.Seq2[agentconnect.Interaction, error],
) (*evidence, error) {
	e := &evidence{
		ledger: ledger, info: info, received: map[string][]reception{}, about: map[string]string{},
	}
	var err error
	if e.arrivals, err = verify.NewArrivals(ledger); err != nil {
		return nil, err
	}
	for i, err := range interactions {
		if err != nil {
			return nil, err
		}
		// As the passes compare it.
		i.ExtInteractionID = strings.TrimSpace(i.ExtInteractionID)
		e.note(i)
	}
	return e, nil
}

func (e *evidence) note(i agentconnect.Interaction) {
	// Only the test address was mailed.
	if store.Rehearsed(i.Intent) {
		return
	}
	e.arrivals.Note(i)
	number, own := verify.OwnStamp(e.info.ID, i.Intent)
	if !own {
		number = 0
	}
	e.seen = max(e.seen, number)
	if i.Recovery {
		e.recoveries = append(e.recoveries, i)
		if !own {
			return
		}
	} else if i.UUID != "" && i.ExtInteractionID != "" {
		e.about[i.UUID] = i.ExtInteractionID
	}
	if own && i.ExtInteractionID == "" && number > e.info.Intents {
		e.nameless++
	}
	// Otherwise nothing tells which conversation it was about.
	if id := i.ExtInteractionID; id != "" && len(id) <= store.MaxID {
		e.received[id] = append(e.received[id], reception{receivedAt(i), number})
	}
}

// enter writes all of it into the ledger, and gives the number of what that did not know. What is new comes
// first: what is settled here says of itself that it was known now, and would hide the requests before that.
func (e *evidence) enter() (written int, err error) {
	for _, entries := range []iter.Seq2[store.Entry, error]{e.surveys(), e.followUps()} {
		n, err := e.ledger.Import(entries)
		if written += n; err != nil {
			return written, err
		}
	}
	n, err := e.arrivals.Settle()
	if written += n; err != nil {
		return written, err
	}
	n, err = e.acceptOver()
	return written + n, err
}

// acceptOver marks as accepted what is over in the ledger, and was received since: it was taken up again in
// the time that the ledger has lost, and would be sent once more by whoever takes it up again now. It gives
// the number.
func (e *evidence) acceptOver() (accepted int, err error) {
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(e.received)), acceptedAtOnce) {
		keys := make([]store.Key, len(ids))
		for i, id := range ids {
			keys[i] = store.Key{Conversation: id}
		}
		known, err := e.ledger.Lookup(keys)
		if err != nil {
			return accepted, err
		}
		var there verify.Received
		for key, r := range known {
			if key.Recovery || !verify.Over(r) {
				continue
			}
			since := slices.DeleteFunc(slices.Clone(e.received[key.Conversation]), func(each reception) bool {
				return !each.followed(key, r)
			})
			if len(since) > 0 {
				own := slices.ContainsFunc(since, func(each reception) bool { return each.intent > 0 })
				there.Add(store.Entry{Key: key, Record: r}, own)
			}
		}
		n, err := there.Accept(e.ledger, time.Now())
		if accepted += n; err != nil {
			return accepted, err
		}
	}
	return accepted, nil
}

// acceptedAtOnce is how many conversations one transaction looks up, or changes.
const acceptedAtOnce = 1000

// followed reports whether a survey request was received about a key after that was over.
func (r reception) followed(key store.Key, over store.Record) bool {
	after := r.at.Sub(over.At)
	switch {
	// With one survey a conversation: a later request of this ledger, whatever the clocks say.
	case key.Resolution == 0 && r.intent > over.Intent && over.Intent > 0:
		return true
	case after < -verify.Skew:
		return false
	}
	// Later ones are about other resolutions.
	return key.Resolution == 0 || after <= verify.Skew
}

// surveys turns what Agent Connect received into accepted entries, for what the ledger does not know as
// settled. The time of the resolution is not told there: that of the reception, which is later, stands in for
// it, and with one survey for each resolution whatever was marked done until then counts as asked about.
func (e *evidence) surveys() iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for id, all := range e.received {
			slices.SortFunc(all, func(a, b reception) int { return a.at.Compare(b.at) })
			// One survey a conversation: the last, with the number of any.
			if last := len(all) - 1; e.info.Identity != store.PerResolution {
				for _, each := range all {
					all[last].intent = max(all[last].intent, each.intent)
				}
				all = all[last:]
			}
			// A row that has changed comes again.
			all = slices.CompactFunc(all, func(a, b reception) bool { return a.at.Equal(b.at) })
			for n, each := range all {
				entry, missing, err := e.rebuilt(id, each.at, n == len(all)-1)
				entry.Intent = each.intent
				if (err != nil || missing) && !yield(entry, err) || err != nil {
					return
				}
			}
		}
	}
}

// followUps turns the recoveries into accepted entries, for keys that the ledger does not know as settled.
// What a recovery follows up is told by the interaction that it names, else by its own id.
func (e *evidence) followUps() iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		seen := map[store.Key]bool{}
		for _, i := range e.recoveries {
			key := store.Key{Conversation: cmp.Or(e.about[i.Parent], i.ExtInteractionID), Recovery: true}
			if key.Conversation == "" || len(key.Conversation) > store.MaxID || seen[key] {
				continue
			}
			seen[key] = true
			known, err := e.ledger.Lookup([]store.Key{key})
			if err == nil && known[key].Held() {
				continue
			}
			if !yield(acceptedAt(key, receivedAt(i)), err) || err != nil {
				return
			}
		}
	}
}

// rebuilt is what an interaction, the last one of its conversation or an earlier one, adds to the ledger.
func (e *evidence) rebuilt(id string, at time.Time, last bool) (store.Entry, bool, error) {
	key := store.Key{Conversation: id}
	if !last {
		key.Resolution = at.UnixMilli()
	}
	known, err := e.ledger.Lookup([]store.Key{key})
	if err != nil {
		return store.Entry{}, false, err
	}
	for k, r := range known {
		if k.Recovery || !r.Held() {
			continue
		}
		after := slices.MaxFunc([]time.Time{r.At, r.Resolution}, time.Time.Compare).Sub(at)
		switch {
		// One survey a conversation: this one is settled for good.
		case e.info.Identity != store.PerResolution,
			// Something was sent about then.
			-verify.Skew <= after && after <= verify.Skew,
			// Something was sent later: no earlier resolution is ever seen again.
			last && after > verify.Skew:
			return store.Entry{}, false, nil
		}
		// The conversation's own key is taken, or kept for the last one.
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

func acceptedAt(key store.Key, at time.Time) store.Entry {
	return store.Entry{Key: key, Record: store.Record{
		State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: at, At: at,
	}}
}
