package decide

import (
	"time"

	"acsync/store"
)

// Stage is where a case comes from.
type Stage int

// The stages.
const (
	FromWindow Stage = iota // a window has found it
	FromLedger              // it waits in the ledger, or is about to be sent, and was read again for that
)

// Verb is what an [Action] does.
type Verb int

// The verbs.
const (
	Send   Verb = iota // ask for a survey now
	Wait               // not before Until, for Reason: that is written down
	Keep               // it stays in the ledger as Record
	Skip               // nothing is sent, for Reason
	Reject             // nothing is sent, for Reason, which is a fault
)

// Action is what happens with a case now.
type Action struct {
	Verb   Verb
	Until  time.Time    // of Wait
	Reason Reason       // of Wait, Skip and Reject
	Record store.Record // of Keep
}

// Triage says what happens with a case now, for windows, the ledger, rechecks, plans and forecasts alike.
func Triage(c Case, now Clock, at Stage) Action {
	known := Stronger(c.Own, c.Known)
	switch {
	// Whatever else waits comes for itself, and a doubt, under whichever key, is settled first.
	case known.State.Waiting() && at == FromWindow, Rank(known.State) == Rank(store.InDoubt),
		c.Reread == Duplicate:
		return Action{Verb: Keep, Record: known}
	// Else another key was asked about the same: there is nothing to wait for any more.
	case c.Own.State.Waiting() && !known.Settled():
		if action := TriageWaiting(store.Entry{Key: c.Key, Record: c.Own}, now); action.Verb != Send {
			return action
		}
	}
	switch {
	case c.unread() && !known.Settled():
		return triageUnread(c, now.Own)
	// It has become too old while nobody could read it, which is no reason to pass over it in silence.
	case c.Skip == Stale && !c.UnreadSince().IsZero():
		return Action{Verb: Reject, Reason: UnreadableRecord}
	// The same of what is turned away while others are taken.
	case c.Skip == Stale && c.Own.State == store.Retry && Reason(c.Own.Reason).Parked():
		return Action{Verb: Reject, Reason: GaveUp}
	case c.Reread == Missing:
		return Action{Verb: Skip, Reason: Gone}
	case c.Reread == Superseded, c.Skip == NotDone && at == FromLedger:
		return Action{Verb: Skip, Reason: Reopened}
	case c.Skip.Broken():
		return Action{Verb: Reject, Reason: c.Skip}
	case !c.Send():
		return Action{Verb: Skip, Reason: c.Skip}
	case c.Early():
		return Action{Verb: Wait, Until: c.Due(), Reason: Delayed}
	}
	return Action{Verb: Send}
}

// triageUnread lets what cannot be read now wait for a while that grows with how long it has waited.
func triageUnread(c Case, now time.Time) Action {
	const least, most = time.Minute, 6 * time.Hour
	since := c.UnreadSince()
	switch waited := now.Sub(since); {
	case since.IsZero():
		return Action{Verb: Wait, Until: now.Add(least), Reason: UnreadableRecord}
	case waited > GiveUpAfter:
		return Action{Verb: Reject, Reason: UnreadableRecord}
	default:
		return Action{Verb: Wait, Until: now.Add(min(max(waited, least), most)), Reason: UnreadableRecord}
	}
}

// TriageWaiting says the same of what waits in the ledger, before it is read again: Send if it is its turn.
func TriageWaiting(e store.Entry, now Clock) Action {
	switch {
	case !ripe(e, now):
		return Action{Verb: Keep, Record: e.Record}
	case exhausted(e, now.Own):
		return Action{Verb: Reject, Reason: GaveUp}
	}
	return Action{Verb: Send}
}

// Clock is the time by both clocks: a delay counts by Kustomer's, which tells the resolution; what this
// machine has put off counts by its own.
type Clock struct{ Kustomer, Own time.Time }

// Until is where a pass ends: settle before the clock that is behind. By a wrong one ahead, what is read up
// to a time that has not come would never be read again.
func (c Clock) Until(settle time.Duration) time.Time {
	if c.Own.Before(c.Kustomer) {
		return c.Own.Add(-settle).Truncate(time.Millisecond)
	}
	return c.Kustomer.Add(-settle).Truncate(time.Millisecond)
}

const (
	// GiveUpAfter is how long after its first attempt a survey request is still tried again.
	GiveUpAfter = 72 * time.Hour
	// MostAttempts is how often it is tried while Agent Connect takes others.
	MostAttempts = 5
)

func ripe(e store.Entry, now Clock) bool {
	if Reason(e.Reason) == Delayed {
		return !e.Due.After(now.Kustomer)
	}
	return !e.Due.After(now.Own)
}

// exhausted reports whether it was tried for long enough.
func exhausted(e store.Entry, now time.Time) bool {
	switch {
	case e.State != store.Retry:
		return false
	// That it has not arrived is known by others that did, in the same time.
	case Reason(e.Reason) == NotArrived:
		return e.Attempts >= MostAttempts
	case Reason(e.Reason) == ByHand:
		return false
	}
	return !e.First.IsZero() && now.Sub(e.First) > GiveUpAfter
}

// RetryAfter is how long what was not sent waits for a later pass: a minute, then doubled, at most six hours.
func RetryAfter(attempts int) time.Duration {
	const most = 6 * time.Hour
	wait := time.Minute
	for range attempts - 1 {
		if wait *= 2; wait >= most {
			return most
		}
	}
	return wait
}
