package explain

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// Fate is what would happen to a conversation now.
type Fate string

// The fates.
const (
	FateSend    Fate = "send"    // the next pass asks for a survey
	FateWait    Fate = "wait"    // not before a certain time
	FateSkip    Fate = "skip"    // nothing is sent
	FateDone    Fate = "done"    // nothing is sent, because the ledger holds it as accepted, rejected or dropped
	FateReject  Fate = "reject"  // nothing is sent, because an expression fails on it, or it was tried for too long
	FateSettle  Fate = "settle"  // in doubt: the next pass asks Agent Connect's data
	FateByHand  Fate = "by_hand" // in doubt: the operator has to decide
	FateMissed  Fate = "missed"  // it would be sent, but no pass reads the time any more at which it was marked done
	FateUnknown Fate = "unknown" // that depends on what could not be read; with a reason it is this one perhaps
)

// Forecast is what would happen to a conversation if a pass were made now, with nothing in its way.
type Forecast struct {
	Fate   Fate
	State  store.State   // with FateDone: what became of it
	Reason decide.Reason // why; empty where it is to be sent, and where Kustomer's search is given time to show it; with FateDone the ledger's
	At     time.Time     // when it is due at the earliest; zero for at once
}

// withEnding is the prospect with what the ledger tells of how it ended, where that is why nothing is sent.
func (p Forecast) withEnding(x Explanation) Forecast {
	if p.Fate != FateSkip || p.Reason != decide.AlreadySent {
		return p
	}
	end := x.End()
	return Forecast{Fate: FateDone, State: end.State, Reason: decide.Reason(end.Reason)}
}

// End is the record that stands in the way of another survey; the zero Record for none.
func (x Explanation) End() (last store.Record) {
	for _, e := range x.Entries {
		if e.State.Final() && (last.State == store.Unknown || e.Recovery == x.Case.Key.Recovery) {
			last = e.Record
		}
	}
	return last
}

// forecast finds that out from all that was read.
func (e Explainer) forecast(x Explanation, info store.Info) Forecast {
	known := x.governing()
	switch {
	case !x.Remembered:
		return x.unremembered()
	case decide.Rank(known.State) == decide.Rank(store.InDoubt):
		fate := FateByHand
		if e.Verifies {
			fate = FateSettle
		}
		return Forecast{Fate: fate, Reason: decide.Reason(known.Reason), At: known.Due}
	case !x.Asked || x.Unread != nil:
		return unread(known)
	case !x.Found && decide.Settled(known):
		return Forecast{Fate: FateSkip, Reason: decide.AlreadySent}
	case !x.Found:
		return Forecast{Fate: FateSkip, Reason: decide.Gone}
	case x.Case.Send() && x.Unlisted != nil:
		return Forecast{Fate: FateUnknown, Reason: decide.AgentUnknown}
	}
	clock := decide.Clock{Kustomer: x.Now, Own: time.Now()} // what a pass has put off, it has by this machine's own
	if x.Case.Own.State.Waiting() {
		return forecastOf(decide.Triage(x.Case, clock, decide.FromLedger))
	}
	until := fetch.Clocks{Kustomer: x.Now, Own: e.clock()}.Until(e.Options.Settle)
	next := fetch.Span(info, until, e.Options.Overlap)
	action, resolved := decide.Triage(x.Case, clock, decide.FromWindow), x.Case.Resolution()
	switch {
	case action.Verb == decide.Skip, action.Verb == decide.Reject, action.Verb == decide.Keep:
	case resolved.Before(next.From):
		return Forecast{Fate: FateMissed}
	case !resolved.Before(next.To) && action.Verb == decide.Send:
		return Forecast{Fate: FateWait, At: resolved.Add(e.Options.Settle)}
	}
	return forecastOf(action)
}

// governing is what the ledger remembers that bears on what happens next; the zero Record for nothing.
func (x Explanation) governing() store.Record {
	if x.Found {
		return decide.Stronger(x.Case.Own, x.Case.Known)
	}
	var known store.Record
	for _, entry := range x.Entries {
		known = decide.Stronger(known, entry.Record)
	}
	return known
}

// unremembered is the prospect without the ledger, which alone knows whether it was sent already. What is skipped for what
// Kustomer says is skipped in any case, but for its age, which depends on what waits.
func (x Explanation) unremembered() Forecast {
	if x.Found && x.Case.Skip != "" && x.Case.Skip != decide.Stale {
		return Forecast{Fate: FateSkip, Reason: x.Case.Skip}
	}
	return Forecast{Fate: FateUnknown}
}

// unread is the prospect by the ledger alone.
func unread(known store.Record) Forecast {
	switch {
	case decide.Settled(known):
		return Forecast{Fate: FateSkip, Reason: decide.AlreadySent}
	case known.State.Waiting():
		return Forecast{Fate: FateWait, Reason: decide.Reason(known.Reason), At: known.Due}
	}
	return Forecast{Fate: FateUnknown, Reason: decide.Reason(known.Reason)}
}

// forecastOf is what comes of an action.
func forecastOf(a decide.Action) Forecast {
	switch a.Verb {
	case decide.Reject:
		return Forecast{Fate: FateReject, Reason: a.Reason}
	case decide.Skip:
		return Forecast{Fate: FateSkip, Reason: a.Reason}
	case decide.Wait:
		return Forecast{Fate: FateWait, Reason: decide.Delayed, At: a.Until}
	case decide.Keep:
		return Forecast{Fate: FateWait, Reason: decide.Reason(a.Record.Reason), At: a.Record.Due}
	}
	return Forecast{Fate: FateSend}
}
