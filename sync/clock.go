package sync

import (
	"fmt"
	"time"

	"acsync/sync/decide"
	"acsync/sync/exit"
)

// How far this machine's clock may be off Kustomer's: beyond the first a pass warns, beyond the second it
// refuses, since due times and the age of what was read would be wrong.
const (
	clockWarning = 5 * time.Second
	clockLimit   = 5 * time.Minute
)

func compared(own, kustomers time.Time) string {
	if own.Before(kustomers) {
		return apart(own, kustomers) + " behind"
	}
	return apart(own, kustomers) + " ahead of"
}

// longest is how far two times may be apart before a Duration, which ends at 292 years, no longer tells it.
const longest = 290 * 365 * 24 * time.Hour

func apart(a, b time.Time) string {
	switch d := a.Sub(b).Abs(); {
	case d >= longest:
		return "more than 290 years"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	default:
		return d.Round(time.Second).String()
	}
}

// earlier is the earlier of two times, of which the first may be none yet.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// ClockError tells that this machine's clock is wrong, or Kustomer's.
type ClockError struct{ Own, Kustomers time.Time }

// Error says what happened and what to do.
func (e *ClockError) Error() string {
	return fmt.Sprintf("this machine's clock is %s Kustomer's: here it is %s, there %s. Set it right, "+
		"unless it is the other one that is wrong, which passes by itself (they may be apart by at most "+
		"%s); nothing was read",
		compared(e.Own, e.Kustomers), decide.Format(e.Own), decide.Format(e.Kustomers), clockLimit)
}

// compareClocks compares Kustomer's clock, which shows whole seconds, with ours before and after asking.
func compareClocks(server, before, after time.Time) (warning string, err error) {
	own, kustomers := server, server
	switch latest := server.Add(time.Second); {
	case after.Before(server):
		own = after
	case before.After(latest):
		own, kustomers = before, latest
	}
	switch off := own.Sub(kustomers).Abs(); {
	case off > clockLimit:
		return "", &ClockError{Own: own, Kustomers: server}
	case off > clockWarning:
		return fmt.Sprintf("this machine's clock is %s Kustomer's", compared(own, kustomers)), nil
	}
	return "", nil
}

// AheadError is a checkpoint in the future: but for the overlap, what is marked done until then is not read.
type AheadError struct {
	Checkpoint time.Time
	Now        time.Time     // Kustomer's clock
	Overlap    time.Duration // how far before the checkpoint a pass begins
	Settle     time.Duration // how long Kustomer's search needs to show a resolution
	// a back-fill from here on leaves nothing out, as far as the ledger knows; zero: it does not
	Read time.Time
}

// Heals reports whether later passes leave nothing out: the first one after the checkpoint reads back over
// all of the lead and what the search was late with, or one wrong clock explains the lead.
func (e *AheadError) Heals() bool {
	return e.Checkpoint.Sub(e.Now) <= max(e.Overlap-e.Settle, clockLimit)
}

// Error says what happened and what to do.
func (e *AheadError) Error() string {
	return exit.Told(fmt.Sprintf("the ledger's checkpoint is %s, but Kustomer's clock says %s: a clock was "+
		"wrong, by %s or more. Nothing was read or sent", decide.Format(e.Checkpoint), decide.Format(e.Now),
		apart(e.Checkpoint, e.Now)), e.Todo())
}

// Todo is what to do, if anything.
func (e *AheadError) Todo() string {
	until := decide.Format(e.Checkpoint)
	if e.Heals() {
		return fmt.Sprintf("nothing has to be done: at %s passes go on by themselves, and leave nothing out",
			until)
	}
	return fmt.Sprintf("leave the ledger as it is: it knows who was asked. At %s run goes on by itself, but "+
		"does not read what is marked done until then. This does, as often as you like, and asks nobody "+
		"twice: acsync backfill%s --to now", until, e.from())
}

// Topic is the one of the manual that tells more.
func (*AheadError) Topic() string { return "troubleshooting" }

// ExitClass is Temporary when the next passes go on by themselves.
func (e *AheadError) ExitClass() exit.Code {
	if e.Heals() {
		return exit.Temporary
	}
	return exit.LedgerDamaged
}

func (e *AheadError) from() string {
	if e.Read.IsZero() {
		return " --from TIME (when the clocks were last right)"
	}
	return " --from " + e.Read.UTC().Truncate(time.Second).Format(time.RFC3339)
}
