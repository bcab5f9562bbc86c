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

// readReceiver asks Agent Connect's data for the requests of a conversation, around the times at which the ledger sent them.
func (e Explainer) readReceiver(ctx context.Context, x *Explanation) error {
	for _, entry := range x.Entries {
		if entry.Attempts == 0 && entry.Status == 0 {
			continue
		}
		for i, err := range e.Receiver.Between(ctx, verify.Earliest(entry), lastPossible(entry)) {
			if err != nil {
				return fmt.Errorf("read Agent Connect's data: %w", err)
			}
			if x.concerns(i, entry) {
				x.keep(i)
			}
		}
	}
	slices.SortStableFunc(x.Interactions, func(a, b agentconnect.Interaction) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return nil
}

// lastPossible is when the interaction of a request that was sent was created at the latest; zero while that may still happen.
func lastPossible(e store.Entry) time.Time {
	if e.State == store.InDoubt || e.State == store.Sending {
		return time.Time{}
	}
	return e.At.Add(verify.Skew)
}

// concerns tells whether an interaction is one of the conversation: by its id, by the stamp of the entry's intent, or, a
// recovery, by what it follows up.
func (x *Explanation) concerns(i agentconnect.Interaction, e store.Entry) bool {
	follows := func(first agentconnect.Interaction) bool { return first.UUID != "" && first.UUID == i.Parent }
	return strings.EqualFold(i.ExtInteractionID, x.ID) ||
		i.ExtInteractionID == "" && i.Intent != "" && i.Intent == x.Stamp(e) ||
		i.Recovery && slices.ContainsFunc(x.Interactions, follows)
}

// keep keeps an interaction. A row that has changed since takes the place of what it was.
func (x *Explanation) keep(i agentconnect.Interaction) {
	same := func(other agentconnect.Interaction) bool { return other.UUID != "" && other.UUID == i.UUID }
	if at := slices.IndexFunc(x.Interactions, same); at >= 0 {
		x.Interactions[at] = i
		return
	}
	x.Interactions = append(x.Interactions, i)
}

// Stamp is what the last request of an entry bears, when requests are stamped; empty when there was none.
func (x *Explanation) Stamp(e store.Entry) string {
	if e.Intent == 0 {
		return ""
	}
	return store.Intent{Ledger: x.Ledger, Number: e.Intent}.String()
}
