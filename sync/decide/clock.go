package decide

import (
	"time"
)

// Clock is the time by both clocks: a delay counts by Kustomer's, from which the resolution comes; what this
// machine has put off counts by its own.
type Clock struct{ Kustomer, Own time.Time }

// Until is where a pass ends: settle before the clock that is behind. The other clock may be wrong, and what
// is read up to a time that has not come would never be read again.
func (c Clock) Until(settle time.Duration) time.Time {
	if c.Own.Before(c.Kustomer) {
		return c.Own.Add(-settle).Truncate(time.Millisecond)
	}
	return c.Kustomer.Add(-settle).Truncate(time.Millisecond)
}
