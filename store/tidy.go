package store

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxReason is the greatest length of a reason, in bytes; a longer one is cut.
const MaxReason = 128

// tidy gives a record the shape in which the ledger can keep it: times in UTC, rounded down to their unit, a due time for
// what waits (at once, unless given) and for nothing else, a reason of a bounded length. It refuses a record that has
// no state or no time at all, and numbers and times outside of any calendar.
func tidy(r Record) (Record, error) {
	if r.State == Unknown || r.State > Dropped {
		return r, fmt.Errorf("a record cannot have the state %s", r.State)
	}
	if r.At.IsZero() {
		return r, fmt.Errorf("a record needs the time at which it became %s", r.State)
	}
	if r.Attempts < 0 || r.Attempts > math.MaxInt32 || r.Status < 0 || r.Status > math.MaxInt32 {
		return r, fmt.Errorf("a record cannot have %d attempts and status %d", r.Attempts, r.Status)
	}
	switch {
	case !r.State.Waiting():
		r.Due = time.Time{}
	case r.Due.IsZero():
		r.Due = r.At
	}
	if r.State != InDoubt {
		r.Doubt = 0
	}
	r.Reason = tidyReason(r.Reason)
	return r, tidyTimes(&r)
}

func tidyTimes(r *Record) error {
	for _, t := range []struct {
		at   *time.Time
		unit time.Duration
	}{{&r.Resolution, time.Millisecond}, {&r.Due, time.Millisecond}, {&r.At, time.Second}, {&r.First, time.Second}} {
		if t.at.IsZero() {
			*t.at = time.Time{}
			continue
		}
		if y := t.at.Year(); y < 2 || y > 9999 {
			return fmt.Errorf("a record cannot have a time in the year %d", y)
		}
		*t.at = t.at.UTC().Truncate(t.unit)
	}
	return nil
}

func tidyReason(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= MaxReason {
		return s
	}
	cut := MaxReason
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}
