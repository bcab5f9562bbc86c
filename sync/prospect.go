package sync

import (
	"time"

	"acsync/store"
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

// Prospect is what would happen to a conversation if a pass were made now, with nothing in its way.
type Prospect struct {
	Fate   Fate
	State  store.State // with FateDone: what became of it
	Reason Reason      // why; empty where it is to be sent, and where Kustomer's search is given time to show it; with FateDone the ledger's
	At     time.Time   // when it is due at the earliest; zero for at once
}

// told is the prospect with what the ledger tells of how it ended, where that is why nothing is sent.
func (p Prospect) told(x Explanation) Prospect {
	if p.Fate != FateSkip || p.Reason != AlreadySent {
		return p
	}
	end := x.End()
	return Prospect{Fate: FateDone, State: end.State, Reason: Reason(end.Reason)}
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

// prospect finds that out from all that was read.
func (e Explainer) prospect(x Explanation, info store.Info) Prospect {
	known := x.governing()
	switch {
	case !x.Remembered:
		return x.unremembered()
	case weight(known.State) == weight(store.InDoubt):
		fate := FateByHand
		if e.Verifies {
			fate = FateSettle
		}
		return Prospect{Fate: fate, Reason: Reason(known.Reason), At: known.Due}
	case !x.Asked || x.Unread != nil:
		return unread(known)
	case !x.Found && closed(known):
		return Prospect{Fate: FateSkip, Reason: AlreadySent}
	case !x.Found:
		return Prospect{Fate: FateSkip, Reason: Gone}
	case x.Case.Send() && x.Unlisted != nil:
		return Prospect{Fate: FateUnknown, Reason: AgentUnknown}
	case x.Case.own.State.Waiting():
		return x.taken()
	}
	until := clocks{kustomers: x.Now, own: e.clock()}.until(e.Options.Settle)
	return x.met(span(info, until, e.Options.Overlap), e.Options.Settle)
}

// governing is what the ledger remembers that bears on what happens next; the zero Record for nothing.
func (x Explanation) governing() store.Record {
	if x.Found {
		return stronger(x.Case.own, x.Case.Known)
	}
	var known store.Record
	for _, entry := range x.Entries {
		known = stronger(known, entry.Record)
	}
	return known
}

// unremembered is the prospect without the ledger, which alone knows whether it was sent already. What is skipped for what
// Kustomer says is skipped in any case, but for its age, which depends on what waits.
func (x Explanation) unremembered() Prospect {
	if x.Found && x.Case.Skip != "" && x.Case.Skip != Stale {
		return Prospect{Fate: FateSkip, Reason: x.Case.Skip}
	}
	return Prospect{Fate: FateUnknown}
}

// unread is the prospect by the ledger alone.
func unread(known store.Record) Prospect {
	switch {
	case closed(known):
		return Prospect{Fate: FateSkip, Reason: AlreadySent}
	case known.State.Waiting():
		return Prospect{Fate: FateWait, Reason: Reason(known.Reason), At: known.Due}
	}
	return Prospect{Fate: FateUnknown, Reason: Reason(known.Reason)}
}

// taken is the prospect of what a pass takes up from the ledger.
func (x Explanation) taken() Prospect {
	c := x.Case
	entry, now := store.Entry{Key: c.Key, Record: c.own}, time.Now()
	switch {
	case !ripe(entry, x.Now, now):
		return Prospect{Fate: FateWait, Reason: Reason(c.own.Reason), At: c.own.Due}
	case hopeless(entry, now):
		return Prospect{Fate: FateReject, Reason: GaveUp}
	case c.Skip == NotDone:
		return Prospect{Fate: FateSkip, Reason: Reopened}
	}
	return prospectOf(c)
}

// met is the prospect of what the next pass may find in its window.
func (x Explanation) met(next Window, settle time.Duration) Prospect {
	c := x.Case
	switch {
	case !c.Send():
		return prospectOf(c)
	case c.resolution().Before(next.From):
		return Prospect{Fate: FateMissed}
	case !c.resolution().Before(next.To) && !c.early():
		return Prospect{Fate: FateWait, At: c.resolution().Add(settle)}
	}
	return prospectOf(c)
}

// prospect is what comes of a decision.
func prospectOf(c Case) Prospect {
	switch {
	case c.Skip.Broken():
		return Prospect{Fate: FateReject, Reason: c.Skip}
	case !c.Send():
		return Prospect{Fate: FateSkip, Reason: c.Skip}
	case c.early():
		return Prospect{Fate: FateWait, Reason: Delayed, At: c.due()}
	}
	return Prospect{Fate: FateSend}
}
