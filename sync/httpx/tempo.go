package httpx

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// margin of the limit is left unused. Requests do not take equally long to arrive, and two that were spaced exactly
	// at the limit could reach the server a little closer together.
	margin = 0.02
	// lowest is the share of the full rate below which it never falls.
	lowest = 0.1
	// afterLimited is what a 429 leaves of the rate.
	afterLimited = 0.85
	// sameBurst is how long after a 429 others are taken for answers to calls that were already under way.
	sameBurst = 10 * time.Second
	// Every clean minute gives back a tenth of the rate that is missing, and at least a hundredth of the whole.
	recovery, leastRecovery = 0.1, 0.01
)

// tempo is the rate at which a pacer admits calls. Its shares are of the full rate, which is a little below the limit.
type tempo struct {
	full      float64 // calls per second at best
	share     float64 // what the 429s so far have left, 0 to 1
	cutAt     time.Time
	healed    time.Time // up to when recovery has been counted
	slowed    float64   // further reduction in favour of others, 0 to 1
	slowUntil time.Time
}

func newTempo(perMinute float64) tempo {
	if !(perMinute >= 1) { // also true for NaN
		perMinute = 1
	}
	return tempo{full: perMinute / 60 * (1 - margin), share: 1, slowed: 1}
}

// limit is the rate at now.
func (t *tempo) limit(now time.Time) rate.Limit {
	t.heal(now)
	share := t.share
	if now.Before(t.slowUntil) {
		share = min(share, t.slowed)
	}
	return rate.Limit(t.full * max(share, lowest))
}

// cut lowers the rate after a 429, once for all those that belong to one burst: those that arrive during the pause that
// the first of them caused, or shortly after it.
func (t *tempo) cut(now, paused time.Time) {
	t.heal(now)
	if now.Before(paused) || now.Sub(t.cutAt) < sameBurst {
		return
	}
	t.share = max(t.share*afterLimited, lowest)
	t.cutAt = now
}

// settle begins the next clean minute at from.
func (t *tempo) settle(from time.Time) { t.healed = from }

// slow reduces the rate to share until the given time.
func (t *tempo) slow(share float64, until time.Time) {
	t.slowed, t.slowUntil = share, until
}

// heal gives back rate for the clean minutes up to now.
func (t *tempo) heal(now time.Time) {
	for t.share < 1 && now.Sub(t.healed) >= time.Minute {
		t.share = min(t.share+max((1-t.share)*recovery, leastRecovery), 1)
		t.healed = t.healed.Add(time.Minute)
	}
}
