package app

import (
	"fmt"
	"sync"
	"time"

	"acsync/sync/httpx"
)

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

// caption is what stands beside the bar: what is waited for, else how far the windows are.
type caption struct {
	mu      sync.Mutex
	place   string
	waiting func() string // nil: nothing is known of that
}

func (c *caption) setPlace(place string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.place = place
}

func (c *caption) setWaiting(waiting func() string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = waiting
}

func (c *caption) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting != nil {
		if text := c.waiting(); text != "" {
			return text
		}
	}
	return c.place
}
