package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/verify"
)

// readReceiver asks Agent Connect's data for the requests of a conversation, around the times at which the
// ledger sent them, and gives what they show, the earliest first.
func readReceiver(ctx context.Context, r verify.Receiver, x Explanation) ([]agentconnect.Interaction, error) {
	var shown interactions
	for _, entry := range x.Entries {
		if entry.Attempts == 0 && entry.Status == 0 {
			continue
		}
		for i, err := range r.Between(ctx, verify.Earliest(entry), lastPossible(entry)) {
			if err != nil {
				return shown, fmt.Errorf("read Agent Connect's data: %w", err)
			}
			named := strings.EqualFold(i.ExtInteractionID, x.ID)
			stamped := i.ExtInteractionID == "" && i.Intent != "" && i.Intent == x.Stamp(entry)
			if named || stamped || i.Recovery && shown.haveParent(i) {
				shown.keep(i)
			}
		}
	}
	byTime := func(a, b agentconnect.Interaction) int { return a.CreatedAt.Compare(b.CreatedAt) }
	slices.SortStableFunc(shown, byTime)
	return shown, nil
}

// lastPossible is when the interaction of a request that was sent was created at the latest; zero while that
// may still happen.
func lastPossible(e store.Entry) time.Time {
	if e.State == store.InDoubt || e.State == store.Sending {
		return time.Time{}
	}
	return e.At.Add(verify.Skew)
}

// interactions are those of one conversation.
type interactions []agentconnect.Interaction

// haveParent reports whether a recovery follows up one of them.
func (s interactions) haveParent(i agentconnect.Interaction) bool {
	return slices.ContainsFunc(s, func(first agentconnect.Interaction) bool {
		return first.UUID != "" && first.UUID == i.Parent
	})
}

// keep adds an interaction. A row that has changed since takes the place of what it was.
func (s *interactions) keep(i agentconnect.Interaction) {
	same := func(other agentconnect.Interaction) bool { return other.UUID != "" && other.UUID == i.UUID }
	if at := slices.IndexFunc(*s, same); at >= 0 {
		(*s)[at] = i
		return
	}
	*s = append(*s, i)
}
