package app

import (
	"errors"
	"fmt"
	"time"

	"acsync/sync/httpx"
)

// retrial is a failed call that is made again.
type retrial struct {
	at      time.Time
	because error
}

// brief says why, in this program's own words alone.
func (r retrial) brief() string {
	if api, ok := errors.AsType[*httpx.Error](r.because); ok {
		return api.Brief()
	}
	return "the call failed"
}

// waitingFor says what keeps a pass from going on: a service that has told it to wait, or that failed and is
// asked again. Empty when nothing does. It is written to a file, so nothing that a server said is in it: that
// can name people.
func (c *clients) waitingFor(now time.Time) string {
	const clock = time.TimeOnly + " UTC"
	for _, service := range []struct {
		name  string
		pacer *httpx.Pacer
	}{{"Agent Connect", c.requests}, {"Agent Connect's data", c.data}, {"Kustomer", c.all}, {"Kustomer's search", c.searches}} {
		if until, why := service.pacer.Paused(); until.After(now) {
			return fmt.Sprintf("%s, until %s: %s", service.name, until.UTC().Format(clock), why)
		}
	}
	if again := c.again.Load(); again != nil && again.at.After(now) {
		return fmt.Sprintf("Kustomer, to be asked again at %s: %s", again.at.UTC().Format(clock), again.brief())
	}
	return ""
}

// waiting says what the pass waits for at this moment, in a few words; empty while it is at work. A service that asked to
// wait comes first, then whose pace holds things up.
func (c *clients) waiting() string {
	for _, each := range []struct {
		name  string
		pacer *httpx.Pacer
	}{{"Agent Connect", c.requests}, {"Kustomer", c.all}, {"Kustomer", c.searches}, {"Agent Connect", c.data}} {
		if until, _ := each.pacer.Paused(); !until.IsZero() {
			return fmt.Sprintf("%s asked to wait until %s", each.name, until.UTC().Format(time.TimeOnly+" UTC"))
		}
	}
	for _, each := range []struct {
		name  string
		pacer *httpx.Pacer
	}{{"Agent Connect", c.requests}, {"Kustomer's search", c.searches}, {"Kustomer", c.all}, {"Agent Connect's data", c.data}} {
		if waiting, rate := each.pacer.Waiting(); waiting {
			return fmt.Sprintf("paced by %s, %d/min", each.name, rate)
		}
	}
	return ""
}
