package explain

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// Options are the settings of a pass that what would happen to a conversation depends on.
type Options struct {
	Policy          decide.Policy
	SurveyPer       store.Identity
	Overlap, Settle time.Duration
}

// forecaster says what would happen to a conversation, by all that was read.
type forecaster struct {
	Options
	verifies bool       // passes can settle doubts from Agent Connect's data
	ledger   store.Info // zero: it cannot be read
	own      time.Time  // this machine's clock
}

func (f forecaster) forecast(x Explanation) Forecast {
	known := x.strongest()
	switch {
	case !x.Remembered:
		return withoutLedger(x)
	case decide.Rank(known.State) == decide.Rank(store.InDoubt):
		fate := FateByHand
		if f.verifies {
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

// nextPass is what the next pass would do.
func (f forecaster) nextPass(x Explanation) Forecast {
	// What a pass has put off, it has by this machine's own clock.
	clock := decide.Clock{Kustomer: x.Now, Own: time.Now()}
	if x.Case.Own.State.Waiting() {
		return forecastOf(decide.Triage(x.Case, clock, decide.FromLedger))
	}
	next := fetch.Span(f.ledger, decide.Clock{Kustomer: x.Now, Own: f.own}.Until(f.Settle), f.Overlap)
	action, resolved := decide.Triage(x.Case, clock, decide.FromWindow), x.Case.Resolution()
	switch {
	case action.Verb == decide.Skip, action.Verb == decide.Reject, action.Verb == decide.Keep:
	case resolved.Before(next.From):
		return Forecast{Fate: FateMissed}
	// Kustomer's search is given time to show it.
	case !resolved.Before(next.To) && action.Verb == decide.Send:
		return Forecast{Fate: FateWait, At: resolved.Add(f.Settle)}
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

// withoutLedger is the forecast without the ledger, which alone knows whether it was sent already. What is
// skipped for what Kustomer says is skipped in any case, but for its age, which depends on what waits.
func withoutLedger(x Explanation) Forecast {
	if x.Found && x.Case.Skip != "" && x.Case.Skip != decide.Stale {
		return Forecast{Fate: FateSkip, Reason: x.Case.Skip}
	}
	return Forecast{Fate: FateUnknown}
}

// withoutKustomer is the forecast by the ledger alone.
func withoutKustomer(known store.Record) Forecast {
	switch {
	case known.Settled():
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
