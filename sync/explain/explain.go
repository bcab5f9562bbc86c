// Package explain tells the whole life of one conversation, and what would happen to it now.
package explain

import (
	"cmp"
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
	Ledger    Ledger               // nil: it cannot be read
	Receiver  verify.Receiver      // nil: Agent Connect's data are not asked
	Profiles  decide.ProfileLister // nil: agents without an active profile are for Agent Connect to refuse
	Verifies  bool                 // passes can settle doubts from Agent Connect's data
	Options   Options

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

// Explain explains a conversation. An error is one of the ledger, or the end of the context; what the
// services do not tell is noted.
func (e Explainer) Explain(ctx context.Context, id string) (Explanation, error) {
	key := decide.KeyOf(kustomer.Conversation{ID: id})
	x := Explanation{
		ID: key.Conversation, Now: e.clock(), Asked: e.Source != nil, Remembered: e.Ledger != nil,
	}
	f := forecaster{Explainer: e}
	if x.Remembered {
		var err error
		if f.ledger, err = e.readLedger(&x, key); err != nil {
			return x, fmt.Errorf("look up conversation %s in the ledger: %w", x.ID, err)
		}
	}
	if x.Asked {
		x.Unread = e.readKustomer(ctx, &x)
	}
	if err := e.findFirstRun(&x); err != nil {
		return x, err
	}
	if e.Receiver != nil && len(x.Entries) > 0 {
		x.Interactions, x.ReceiverErr = readReceiver(ctx, e.Receiver, x)
		x.ReceiverRead = x.ReceiverErr == nil
	}
	if ctx.Err() != nil {
		return x, context.Cause(ctx)
	}
	x.Forecast = withEnding(x, f.forecast(x))
	return x, nil
}

func (e Explainer) readLedger(x *Explanation, key store.Key) (store.Info, error) {
	info, err := e.Ledger.Info()
	if err != nil {
		return info, err
	}
	known, err := e.Ledger.Lookup([]store.Key{key})
	for key, record := range known {
		x.Entries = append(x.Entries, store.Entry{Key: key, Record: record})
	}
	slices.SortFunc(x.Entries, func(a, b store.Entry) int {
		recovery := map[bool]int{true: 1}
		return cmp.Or(
			a.Record.Resolution.Compare(b.Record.Resolution), recovery[a.Recovery]-recovery[b.Recovery],
			cmp.Compare(a.Key.Resolution, b.Key.Resolution))
	})
	x.Ledger = info.ID
	// No pass goes on with another identity unconfirmed.
	have, want := info.Identity.OrDefault(), e.Options.SurveyPer.OrDefault()
	if have != want && len(info.Counts) > 0 {
		x.Kept = have
	}
	return info, err
}

func (e Explainer) readKustomer(ctx context.Context, x *Explanation) error {
	now, err := e.Source.ServerTime(ctx)
	if err != nil {
		return fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	x.Now = now
	rows, err := e.Source.Conversations(ctx, []string{x.ID})
	if err != nil {
		return fmt.Errorf("read conversation %s: %w", x.ID, err)
	}
	if len(rows) == 0 {
		return nil
	}
	policy := e.Options.Policy
	if e.Profiles != nil {
		policy.Profiles, x.Unlisted = decide.NewProfiles(e.Profiles.Employees(ctx))
	}
	f := e.fetcher(now, policy)
	if x.Case, err = f.DecideOne(ctx, x.Entries, rows); err != nil {
		return err
	}
	x.Found = true
	x.Channels, x.Facts = x.Case.Conversation.Channels, decide.DetailsOf(x.Case, time.Time{})
	_, x.Steps = policy.Trace(x.Case.Candidate)
	x.markUnknown()
	if done := x.Case.Conversation.LastDone; done != nil {
		x.Closer, err = f.Agent(ctx, done.By)
	}
	return err
}

func (e Explainer) fetcher(now time.Time, policy decide.Policy) *fetch.Fetcher {
	quiet := func(string, ...any) {}
	f := fetch.New(fetch.Options{
		Source: e.Source, Directory: e.Directory, Ledger: e.Ledger, Policy: policy,
		SurveyPer: decide.SurveyPer(e.Options.SurveyPer), Notice: quiet, Unseen: func(int) {},
	})
	f.Begin(now)
	return f
}

// findFirstRun finds the first run that read the time of the resolution, unless the ledger knew it before:
// then a back-fill, an apply or a rebuild has found it, whose summaries do not tell how much they have read.
func (e Explainer) findFirstRun(x *Explanation) error {
	if len(x.Entries) == 0 {
		return nil
	}
	resolved := x.Entries[len(x.Entries)-1].Record.Resolution
	if x.Found {
		resolved = x.Case.Resolution()
	}
	runs, err := e.Ledger.Runs(0)
	if err != nil {
		return fmt.Errorf("read the past passes: %w", err)
	}
	for _, run := range slices.Backward(runs) {
		window := fetch.Window{From: run.From, To: run.To}
		// Behind its checkpoint a run may have stopped before it came to the resolution.
		if run.Mode == "run" && !run.Killed && window.Contains(resolved) && run.Checkpoint.After(resolved) {
			if !x.heldBefore(resolved, run.Started) {
				x.First = &run
			}
			return nil
		}
	}
	return nil
}

// readReceiver is what Agent Connect's data show of a conversation, the earliest first, around the times at
// which the ledger sent its requests.
func readReceiver(ctx context.Context, r verify.Receiver, x Explanation) ([]agentconnect.Interaction, error) {
	var shown []agentconnect.Interaction
	at := func(id string) int {
		same := func(i agentconnect.Interaction) bool { return id != "" && i.UUID == id }
		return slices.IndexFunc(shown, same)
	}
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
