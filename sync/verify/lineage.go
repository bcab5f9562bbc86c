package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// recoveryMatcher are the recoveries in doubt. A recovery bears no stamp (documented by what its request takes), and in the data
// whether it bears the conversation's id is unknown; what is documented there is the interaction that it follows up. So
// that one is looked for first, around the time at which this ledger sent it.
//
// Presence is proof, as for survey requests. Absence is believed under harder conditions: the first interaction was found,
// every recovery in the data tells what it follows up, and beside the later survey request that is the witness elsewhere the
// data show some recovery, whosever, that was received well after the doubt arose. Without, it stays in doubt.
type recoveryMatcher struct {
	doubts  []store.Entry
	parents map[string]store.Key // of these, by the UUIDs of what they follow up
	latest  time.Time            // when a recovery was received that the data show
}

func (f *recoveryMatcher) add(e store.Entry) { f.doubts = append(f.doubts, e) }

// findParents finds the interactions that the doubtful recoveries follow up.
func (f *recoveryMatcher) findParents(ctx context.Context, memory Lookup, receiver Receiver) error {
	f.parents = map[string]store.Key{}
	for _, doubt := range f.doubts {
		known, err := memory.Lookup([]store.Key{doubt.Key})
		if err != nil {
			return fmt.Errorf("look up what a recovery in doubt follows up: %w", err)
		}
		families, _ := decide.GroupByConversation(known)
		for _, e := range families[doubt.Conversation] {
			if e.State != store.Accepted {
				continue
			}
			for i, err := range receiver.Between(ctx, Earliest(e), e.At.Add(Skew)) {
				if err != nil {
					return fmt.Errorf("read what a recovery in doubt follows up from Agent Connect's data: %w", err)
				}
				if i.UUID != "" && !i.Recovery && strings.EqualFold(i.ExtInteractionID, doubt.Conversation) {
					f.parents[i.UUID] = doubt.Key
				}
			}
		}
	}
	return nil
}

// parentKnown tells whether it is known which interaction a recovery follows up.
func (f *recoveryMatcher) parentKnown(key store.Key) bool {
	for _, each := range f.parents {
		if each == key {
			return true
		}
	}
	return false
}

// newerSeen tells whether the data would show a recovery by now, as far as recoveries go. It holds for survey requests.
func (f *recoveryMatcher) newerSeen(e store.Entry) bool {
	return !e.Key.Recovery || f.parentKnown(e.Key) && !f.latest.Before(e.At.Add(Skew))
}

// noteFollowUp takes in a recovery. It need not have any field.
func (q *Matcher) noteFollowUp(i agentconnect.Interaction) {
	f := &q.follows
	if i.CreatedAt.After(f.latest) {
		f.latest = i.CreatedAt
	}
	for _, e := range f.doubts {
		parent, known := f.parents[i.Parent]
		switch {
		case !i.CreatedAt.IsZero() && i.CreatedAt.Before(Earliest(e)): // of an earlier time
		case known && parent == e.Key, strings.EqualFold(i.ExtInteractionID, e.Conversation):
			q.found[e.Key] = true
		case i.Parent == "" && i.ExtInteractionID == "":
			q.unclear[e.Key] = true
		}
	}
}
