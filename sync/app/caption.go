package app

import (
	"sync"
)

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
