package sync

import (
	"fmt"
	"time"
)

// How far this machine's clock may be off Kustomer's: beyond the first a pass warns, beyond the second it refuses, since
// due times and the age of what was read would be wrong.
const (
	clockWarning = 5 * time.Second
	clockLimit   = 5 * time.Minute
)

// Horizon is how far back Kustomer's search reaches: it shows only what was touched in the last two years (documented),
// and says nothing of the rest.
const Horizon = 2 * 365 * 24 * time.Hour

// ClockError tells that this machine's clock is wrong, or Kustomer's.
type ClockError struct{ Off time.Duration } // positive: this machine is ahead

// Error says what happened and what to do.
func (e *ClockError) Error() string {
	return fmt.Sprintf("this machine's clock is %s Kustomer's; set it right (it may be off by at most %s), nothing was read",
		aheadOf(e.Off), clockLimit)
}

func aheadOf(off time.Duration) string {
	if off < 0 {
		return fmt.Sprintf("%s behind", (-off).Round(time.Second))
	}
	return fmt.Sprintf("%s ahead of", off.Round(time.Second))
}

// compareClocks compares Kustomer's clock, which tells whole seconds, with this machine's before and after it was asked.
func (p *pass) compareClocks(server, before, after time.Time) error {
	var off time.Duration
	switch {
	case after.Before(server):
		off = after.Sub(server)
	case before.After(server.Add(time.Second)):
		off = before.Sub(server.Add(time.Second))
	}
	switch {
	case off.Abs() > clockLimit:
		return &ClockError{Off: off}
	case off.Abs() > clockWarning:
		p.notice("this machine's clock is %s Kustomer's", aheadOf(off))
	}
	return nil
}

// AheadError tells that the ledger's checkpoint lies in the future: its clock, or Kustomer's, was wrong once, or it is not
// the ledger that it was. What is marked done until then would never be read.
type AheadError struct{ Checkpoint, Now time.Time }

// Error says what happened and what to do.
func (e *AheadError) Error() string {
	return fmt.Sprintf("the ledger's checkpoint is %s, but Kustomer's clock says %s: nothing was read or sent. Put back a copy of "+
		"the ledger from before", e.Checkpoint.UTC().Format(timeLayout), e.Now.UTC().Format(timeLayout))
}

// TooOldError tells that a window reaches back further than the search does.
type TooOldError struct{ From, Limit time.Time }

// Error says what happened and what to do.
func (e *TooOldError) Error() string {
	return fmt.Sprintf("the window begins at %s, but Kustomer's search shows nothing that was last touched before %s (two years) "+
		"and would silently leave it out. Begin at that time or later: "+
		"a back-fill with --from, a new ledger with acsync init --start", e.From.UTC().Format(timeLayout), e.Limit.UTC().Format(timeLayout))
}

// sound refuses a checkpoint in the future, and a window that the search would silently leave out in part.
func sound(w Window, checkpoint, now time.Time) error {
	if checkpoint.After(now.Add(clockWarning)) {
		return &AheadError{Checkpoint: checkpoint, Now: now}
	}
	if limit := now.Add(-Horizon); w.From.Before(limit) {
		return &TooOldError{From: w.From, Limit: limit}
	}
	return nil
}
