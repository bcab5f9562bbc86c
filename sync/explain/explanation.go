package explain

import (
	"cmp"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

// Explanation is the life of one conversation. Each part can be missing; the errors tell why.
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
	Steps    []decide.Step  // the checks of the decision
	Forbids  []string       // the do-not-send attributes that are set, as Kustomer names them
	Values   []decide.Value // all that rules see of it
	Unlisted error          // why the active profiles could not be listed, which the decision may depend on

	Remembered bool           // the ledger was read
	Entries    []store.Entry  // what it holds, the earliest resolution first
	Ledger     string         // its id, with which the stamps of its requests begin
	Kept       store.Identity // what it remembers as one, where the configuration wants another; else empty
	// the first run that read the time of the resolution; nil where that is not known
	First *store.Run

	ReceiverRead bool // Agent Connect's data were read
	Skimmed      bool // they were not, because those of many others were
	ReceiverErr  error
	Interactions []agentconnect.Interaction // what they show of it, the earliest first

	Forecast
}

// Known reports whether Kustomer or the ledger has ever heard of the conversation.
func (x Explanation) Known() bool { return x.Found || len(x.Entries) > 0 }

// End is the record that stands in the way of another survey; the zero Record for none.
func (x Explanation) End() (last store.Record) {
	for _, e := range x.Entries {
		if e.State.Final() && (last.State == store.Unknown || e.Recovery == x.Case.Key.Recovery) {
			last = e.Record
		}
	}
	return last
}

// Stamp is the stamp of the last request of an entry, when requests are stamped; empty when there was none.
func (x Explanation) Stamp(e store.Entry) string {
	if e.Intent == 0 {
		return ""
	}
	return store.Intent{Ledger: x.Ledger, Number: e.Intent}.String()
}

// strongest is what the ledger remembers that counts for what happens next.
func (x Explanation) strongest() store.Record {
	if x.Found {
		return decide.Stronger(x.Case.Own, x.Case.Known)
	}
	var known store.Record
	for _, entry := range x.Entries {
		known = decide.Stronger(known, entry.Record)
	}
	return known
}

// heldBefore reports whether the ledger had a record of a resolution before a time. It keeps whole seconds.
func (x Explanation) heldBefore(resolved, began time.Time) bool {
	began = began.Truncate(time.Second)
	return slices.ContainsFunc(x.Entries, func(e store.Entry) bool {
		since := cmp.Or(e.First, e.At)
		return decide.SameResolution(e.Record.Resolution, resolved) && !since.IsZero() && since.Before(began)
	})
}

// markUnknown marks the checks whose question could not be asked.
func (x Explanation) markUnknown() {
	for i, step := range x.Steps {
		switch {
		case step.Reason == decide.AlreadySent && step.Result == decide.StepPassed && !x.Remembered,
			step.Reason == decide.AgentUnknown && step.Result == decide.StepOff && x.Unlisted != nil:
			x.Steps[i].Result, x.Steps[i].Alone = decide.StepUnknown, ""
		}
	}
}

// Fate is what would happen to a conversation now.
type Fate string

// The fates.
const (
	FateSend Fate = "send" // the next pass asks for a survey
	FateWait Fate = "wait" // not before a certain time
	FateSkip Fate = "skip" // nothing is sent
	// nothing is sent, because the ledger holds it as accepted, rejected or dropped
	FateDone    Fate = "done"
	FateReject  Fate = "reject"  // nothing is sent: an expression fails on it, or it was tried for too long
	FateSettle  Fate = "settle"  // in doubt: the next pass asks Agent Connect's data
	FateByHand  Fate = "by_hand" // in doubt: the operator has to decide
	FateMissed  Fate = "missed"  // it would be sent, but no pass reads the time of its resolution any more
	FateUnknown Fate = "unknown" // that depends on what could not be read; with a reason: on that perhaps
)

// Forecast is what would happen to a conversation if a pass were made now, with nothing in its way.
type Forecast struct {
	Fate  Fate
	State store.State // with FateDone: what became of it
	// why: with FateDone the ledger's; empty with FateSend, and where it is not shown yet
	Reason decide.Reason
	At     time.Time // when it is due at the earliest; zero for at once
}

// Options are the settings of a pass that what would happen to a conversation depends on.
type Options struct {
	Policy          decide.Policy
	SurveyPer       store.Identity
	Overlap, Settle time.Duration
}

type forecaster struct {
	Explainer
	ledger store.Info // zero: it cannot be read
}

func (f forecaster) forecast(x Explanation) Forecast {
	known := x.strongest()
	switch {
	case !x.Remembered:
		return withoutLedger(x)
	case decide.Rank(known.State) == decide.Rank(store.InDoubt):
		fate := FateByHand
		if f.Verifies {
			fate = FateSettle
		}
		return Forecast{Fate: fate, Reason: decide.Reason(known.Reason), At: known.Due}
	case !x.Asked || x.Unread != nil:
		return withoutKustomer(known)
	case !x.Found && known.Settled():
		return Forecast{Fate: FateSkip, Reason: decide.AlreadySent}
	case !x.Found:
		return Forecast{Fate: FateSkip, Reason: decide.Gone}
	case x.Case.Send() && x.Unlisted != nil:
		return Forecast{Fate: FateUnknown, Reason: decide.AgentUnknown}
	}
	return f.nextPass(x)
}

func (f forecaster) nextPass(x Explanation) Forecast {
	// What a pass has put off, it has by this machine's own clock.
	clock := decide.Clock{Kustomer: x.Now, Own: time.Now()}
	if x.Case.Own.State.Waiting() {
		return forecastOf(decide.Triage(x.Case, clock, decide.FromLedger))
	}
	until := decide.Clock{Kustomer: x.Now, Own: f.clock()}.Until(f.Options.Settle)
	next := fetch.Span(f.ledger, until, f.Options.Overlap)
	action, resolved := decide.Triage(x.Case, clock, decide.FromWindow), x.Case.Resolution()
	switch {
	case action.Verb == decide.Skip, action.Verb == decide.Reject, action.Verb == decide.Keep:
	case resolved.Before(next.From):
		return Forecast{Fate: FateMissed}
	// Kustomer's search is given time to show it.
	case !resolved.Before(next.To) && action.Verb == decide.Send:
		return Forecast{Fate: FateWait, At: resolved.Add(f.Options.Settle)}
	}
	return forecastOf(action)
}

// withEnding replaces "already sent" by how the earlier survey ended.
func withEnding(x Explanation, f Forecast) Forecast {
	if f.Fate != FateSkip || f.Reason != decide.AlreadySent {
		return f
	}
	end := x.End()
	return Forecast{Fate: FateDone, State: end.State, Reason: decide.Reason(end.Reason)}
}

// withoutLedger is the forecast without the ledger, which alone knows whether it was sent. What Kustomer says
// skips it in any case, but for its age, which depends on what waits.
func withoutLedger(x Explanation) Forecast {
	if x.Found && x.Case.Skip != "" && x.Case.Skip != decide.Stale {
		return Forecast{Fate: FateSkip, Reason: x.Case.Skip}
	}
	return Forecast{Fate: FateUnknown}
}

func withoutKustomer(known store.Record) Forecast {
	switch {
	case known.Settled():
		return Forecast{Fate: FateSkip, Reason: decide.AlreadySent}
	case known.State.Waiting():
		return Forecast{Fate: FateWait, Reason: decide.Reason(known.Reason), At: known.Due}
	}
	return Forecast{Fate: FateUnknown, Reason: decide.Reason(known.Reason)}
}

func forecastOf(a decide.Action) Forecast {
	switch a.Verb {
	case decide.Reject:
		return Forecast{Fate: FateReject, Reason: a.Reason}
	case decide.Skip:
		return Forecast{Fate: FateSkip, Reason: a.Reason}
	case decide.Wait:
		return Forecast{Fate: FateWait, Reason: a.Reason, At: a.Until}
	case decide.Keep:
		return Forecast{Fate: FateWait, Reason: decide.Reason(a.Record.Reason), At: a.Record.Due}
	}
	return Forecast{Fate: FateSend}
}
