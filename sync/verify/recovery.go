package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// recoveryMatcher are the recoveries in doubt. A recovery has no stamp (documented by what its request
// takes), and whether the data give the conversation's id for it is unknown; documented is the interaction
// that it follows up. That is looked for first, around the time at which this ledger sent it.
//
// Presence is proof, as for survey requests. Absence is believed when, beside what those need:
//   - the first interaction was found;
//   - every recovery in the data tells what it follows up;
//   - the data show some recovery, whosever, that was received well after the doubt arose.
type recoveryMatcher struct {
	doubts  []store.Entry
	parents map[string]store.Key // the keys of doubts, by the UUIDs of what they follow up
	latest  time.Time            // when the latest recovery in the data was received
}

func (r *recoveryMatcher) findParents(ctx context.Context, ledger Lookup, receiver Receiver) error {
	r.parents = map[string]store.Key{}
	for _, doubt := range r.doubts {
		known, err := ledger.Lookup([]store.Key{doubt.Key})
		if err != nil {
			return fmt.Errorf("look up what a recovery in doubt follows up: %w", err)
		}
		surveys, _ := decide.GroupByConversation(known)
		for _, e := range surveys[doubt.Conversation] {
			if e.State != store.Accepted {
				continue
			}
			for i, err := range receiver.Between(ctx, Earliest(e), e.At.Add(Skew)) {
				if err != nil {
					return fmt.Errorf(
						"read what a recovery in doubt follows up from Agent Connect's data: %w", err)
				}
				if i.UUID != "" && !i.Recovery && strings.EqualFold(i.ExtInteractionID, doubt.Conversation) {
					r.parents[i.UUID] = doubt.Key
				}
			}
		}
	}
	return nil
}

// newerSeen reports whether the data would show a recovery by now; it holds for survey requests.
func (r *recoveryMatcher) newerSeen(e store.Entry) bool {
	if !e.Key.Recovery {
		return true
	}
	parents := slices.Collect(maps.Values(r.parents))
	return slices.Contains(parents, e.Key) && !r.latest.Before(e.At.Add(Skew))
}

// note marks the doubts whose request a recovery is, or may be. It may lack any field. Since nothing tells by
// whom a recovery was sent, what is found counts as this ledger's own.
func (r *recoveryMatcher) note(i agentconnect.Interaction, found, unclear map[store.Key]bool) {
	if i.CreatedAt.After(r.latest) {
		r.latest = i.CreatedAt
	}
	for _, e := range r.doubts {
		parent, known := r.parents[i.Parent]
		switch {
		// Of an earlier time.
		case !i.CreatedAt.IsZero() && i.CreatedAt.Before(Earliest(e)):
		case known && parent == e.Key, strings.EqualFold(i.ExtInteractionID, e.Conversation):
			found[e.Key] = true
		// It does not tell what it follows up.
		case i.Parent == "" && i.ExtInteractionID == "":
			unclear[e.Key] = true
		}
	}
}
