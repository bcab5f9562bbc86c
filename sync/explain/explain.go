// Package explain tells the whole life of one conversation, and what would happen to it now.
package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/verify"
)

// Explainer tells the whole life of one conversation, and what would happen to it now. It changes nothing.
type Explainer struct {
	Source    fetch.Source // nil: Kustomer is not asked
	Directory fetch.Directory
	People    People               // finds customers; nil where nobody asks for one
	Ledger    Ledger               // nil: it cannot be read
	Receiver  verify.Receiver      // nil: Agent Connect's data are not asked
	Profiles  decide.ProfileLister // nil: agents without an active profile are for Agent Connect to refuse
	Verifies  bool                 // passes can settle doubts from Agent Connect's data
	Options   Options
	// the receiver is one that was told what the ledger has as accepted, and has it earlier than that was sent
	Reminded bool

	Now func() time.Time // this machine's clock; nil: time.Now
}

// Ledger is the part of a ledger that explaining reads.
type Ledger interface {
	fetch.Lookup
	Info() (store.Info, error)
	// Runs gives the summaries of past passes, the newest first; a limit of 0 is none.
	Runs(limit int) ([]store.Run, error)
}

func (e Explainer) clock() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// Inquire begins an inquiry.
func (e Explainer) Inquire() *Inquiry {
	return &Inquiry{
		of: e, now: e.clock(), rows: map[string]kustomer.Conversation{}, failed: map[string]error{},
	}
}

// Explain explains a conversation. An error is one of the ledger, or the end of the context; what the
// services do not tell is noted.
func (e Explainer) Explain(ctx context.Context, id string) (Explanation, error) {
	q := e.Inquire()
	if e.Ledger != nil {
		if err := q.Remember(e.Ledger, id); err != nil {
			return Explanation{ID: id}, err
		}
	}
	q.Read(ctx, id)
	return q.Explain(ctx, id)
}

// readReceiver is what Agent Connect's data show of a conversation, the earliest first, around the times at
// which the ledger sent its requests.
func readReceiver(ctx context.Context, e Explainer, x Explanation) ([]agentconnect.Interaction, error) {
	var shown []agentconnect.Interaction
	at := func(id string) int {
		same := func(i agentconnect.Interaction) bool { return id != "" && i.UUID == id }
		return slices.IndexFunc(shown, same)
	}
	for _, entry := range x.Entries {
		if !tried(entry) {
			continue
		}
		since := verify.Earliest(entry)
		if e.Reminded && entry.Record.Resolution.Before(since) {
			since = entry.Record.Resolution
		}
		for i, err := range e.Receiver.Between(ctx, since, lastPossible(entry)) {
			if err != nil {
				return shown, fmt.Errorf("read Agent Connect's data: %w", err)
			}
			named := strings.EqualFold(i.ExtInteractionID, x.ID)
			stamped := i.ExtInteractionID == "" && i.Intent != "" && i.Intent == x.Stamp(entry)
			followsUp := i.Recovery && at(i.Parent) >= 0
			if !named && !stamped && !followsUp {
				continue
			}
			// A row that has changed since takes the place of what it was.
			if earlier := at(i.UUID); earlier >= 0 {
				shown[earlier] = i
			} else {
				shown = append(shown, i)
			}
		}
	}
	slices.SortStableFunc(
		shown, func(a, b agentconnect.Interaction) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return shown, nil
}

// lastPossible is when a request that was sent was created at the latest; zero while that may still happen.
func lastPossible(e store.Entry) time.Time {
	if e.State == store.InDoubt || e.State == store.Sending {
		return time.Time{}
	}
	return e.At.Add(verify.Skew)
}
