package httpx

import (
	"math"
	"time"
)

// Waiting tells whether a call waits for its turn at this moment, and how many calls a minute the resource takes now: its
// limit, or less after a 429 or while little is left of the server's budget.
func (p *Pacer) Waiting() (waiting bool, perMinute int) {
	if p == nil {
		return false, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := float64(p.tempo.limit(time.Now()))
	return len(p.turn) > 0, int(math.Round(now * 60 / (1 - margin)))
}
