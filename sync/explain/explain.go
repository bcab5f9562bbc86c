// Package explain tells the whole life of one conversation, and what would happen to it now. It changes nothing.
package explain

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/verify"
)

// Explainer tells the whole life of one conversation: what Kustomer says of it, what was decided and done, and what would happen
// to it now. It reads, and changes nothing.
type Explainer struct {
	Source    fetch.Source // nil: Kustomer is not asked
	Directory fetch.Directory
	Ledger    Ledger               // nil: it cannot be read
	Receiver  verify.Receiver      // nil: Agent Connect's data are not asked
	Roster    decide.ProfileLister // nil: agents without an active profile are for Agent Connect to refuse
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

// Options are what of a pass's settings bears on what would happen to a conversation.
type Options struct {
	Policy          decide.Policy
	SurveyPer       store.Identity
	Overlap, Settle time.Duration
}

// clock is what the time is on this machine.
func (e Explainer) clock() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}

// Explanation is the life of one conversation. Each part can be missing; the errors tell why, where that was not intended.
type Explanation struct {
	ID  string
	Now time.Time // Kustomer's clock where that was asked, else this machine's

	Asked    bool  // Kustomer was to be asked
	Unread   error // why it could not be; nil where it could
	Found    bool  // it has the conversation; otherwise Case and what follows it are empty
	Case     decide.Case
	Closer   *kustomer.User // who marked it done; nil for automation, and for a user that is gone
	Channels []string       // in Kustomer's words and order
	Facts    decide.RowDetails
	Steps    []decide.Step // the checks of the decision
	Unlisted error         // why the active profiles of Agent Connect could not be listed, which the decision may depend on

	Remembered bool           // the ledger was read
	Entries    []store.Entry  // what it holds, the earliest resolution first
	Ledger     string         // its id, with which the stamps of its requests begin
	Kept       store.Identity // what it remembers as one, where the configuration wants another and no pass goes unconfirmed; else empty
	First      *store.Run     // the first run that read the time at which the conversation was marked done; nil where that is not known

	ReceiverRead bool // Agent Connect's data were read
	ReceiverErr  error
	Interactions []agentconnect.Interaction // what they show of it, the earliest first

	Forecast
}

// Known tells whether Kustomer or the ledger has ever heard of the conversation.
func (x Explanation) Known() bool { return x.Found || len(x.Entries) > 0 }

// Explain explains the conversation with an id. An error is one of the ledger, or the end of the context; what the services do
// not tell is noted in the explanation.
func (e Explainer) Explain(ctx context.Context, id string) (Explanation, error) {
	key := decide.KeyOf(kustomer.Conversation{ID: id})
	x := Explanation{ID: key.Conversation, Now: e.clock(), Asked: e.Source != nil, Remembered: e.Ledger != nil}
	var info store.Info
	if x.Remembered {
		var err error
		if info, err = e.recall(&x, key); err != nil {
			return x, fmt.Errorf("look up conversation %s in the ledger: %w", x.ID, err)
		}
	}
	if x.Asked {
		x.Unread = e.read(ctx, &x)
	}
	if err := e.first(&x); err != nil {
		return x, err
	}
	if e.Receiver != nil && len(x.Entries) > 0 {
		x.ReceiverErr = e.readReceiver(ctx, &x)
		x.ReceiverRead = x.ReceiverErr == nil
	}
	if ctx.Err() != nil {
		return x, context.Cause(ctx)
	}
	x.Forecast = e.forecast(x, info).withEnding(x)
	return x, nil
}

// recall looks up what the ledger holds.
func (e Explainer) recall(x *Explanation, key store.Key) (store.Info, error) {
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
		return cmp.Or(a.Record.Resolution.Compare(b.Record.Resolution), recovery[a.Recovery]-recovery[b.Recovery],
			cmp.Compare(a.Key.Resolution, b.Key.Resolution))
	})
	x.Ledger = info.ID
	if have := cmp.Or(info.Identity, store.PerConversation); have != decide.SurveyPerOr(e.Options.SurveyPer) && len(info.Counts) > 0 {
		x.Kept = have
	}
	return info, err
}

// read reads the conversation and decides it as a pass would.
func (e Explainer) read(ctx context.Context, x *Explanation) error {
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
	if e.Roster != nil {
		policy.Profiles, x.Unlisted = decide.NewProfiles(e.Roster.Employees(ctx))
	}
	c := e.collector(now, policy)
	if x.Case, err = c.DecideOne(ctx, x.Entries, rows); err != nil {
		return err
	}
	x.Found = true
	x.Channels, x.Facts = x.Case.Conversation.Channels, decide.DetailsOf(x.Case, time.Time{})
	_, x.Steps = policy.Trace(x.Case.Candidate)
	x.doubtful()
	if done := x.Case.Conversation.LastDone; done != nil {
		x.Closer, err = c.Agent(ctx, done.By)
	}
	return err
}

// doubtful marks the checks that could not be made, for what they ask was not to be had.
func (x *Explanation) doubtful() {
	for i, step := range x.Steps {
		switch {
		case step.Reason == decide.AlreadySent && step.Result == decide.StepPassed && !x.Remembered,
			step.Reason == decide.AgentUnknown && step.Result == decide.StepOff && x.Unlisted != nil:
			x.Steps[i].Result = decide.StepUnknown
		}
	}
}

// collector decides as that of a pass does.
func (e Explainer) collector(now time.Time, policy decide.Policy) *fetch.Fetcher {
	quiet := func(string, ...any) {}
	o := fetch.Options{
		Source: e.Source, Directory: e.Directory, Policy: policy, SurveyPer: e.Options.SurveyPer,
		Notice: quiet, Unseen: func(int) {},
	}
	if e.Ledger != nil {
		o.Memory = e.Ledger
	}
	c := fetch.New(o)
	c.Begin(now)
	return c
}

// first finds the first run that read the time at which the conversation was marked done. Where the ledger holds nothing of it, none
// has found it there; where it held it before that run began, another has: a back-fill, an apply, or a rebuild of the ledger. Those
// have a range of their own, and do not tell in their summaries how much of it they have read.
func (e Explainer) first(x *Explanation) error {
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
		if run.Mode == "run" && !run.Killed && (fetch.Window{From: run.From, To: run.To}).Contains(resolved) && run.Checkpoint.After(resolved) { // else it may have stopped before that
			if !x.heldBefore(resolved, run.Started) {
				x.First = &run
			}
			return nil
		}
	}
	return nil
}

// heldBefore tells whether the ledger has had a record of a resolution since before a time. It keeps the times of records to the
// second.
func (x Explanation) heldBefore(resolved, began time.Time) bool {
	began = began.Truncate(time.Second)
	return slices.ContainsFunc(x.Entries, func(e store.Entry) bool {
		since := cmp.Or(e.First, e.At)
		return decide.SameResolution(e.Record.Resolution, resolved) && !since.IsZero() && since.Before(began)
	})
}
