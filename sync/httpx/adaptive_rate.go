package httpx

import "time"

const (
	// margin of the limit is left unused. Requests do not take equally long to arrive, and two that were
	// spaced exactly at the limit could reach the server a little closer together.
	margin = 0.02
	// lowestShare of the full rate is always left.
	lowestShare = 0.1
	// cutTo is what a 429 leaves of the rate.
	cutTo = 0.85
	// sameBurst is how long after a 429 others are taken for answers to calls that were already under way.
	sameBurst = 10 * time.Second
	// Every clean minute gives back a tenth of the rate that is missing, and at least a hundredth of the
	// whole.
	recovery, leastRecovery = 0.1, 0.01
)

// adaptiveRate is the rate at which a pacer admits calls. Its shares are of the full rate, which is a little
// below the limit.
type adaptiveRate struct {
	full      float64 // calls per second at best
	share     float64 // what the 429s so far have left, 0 to 1
	cutAt     time.Time
	recovered time.Time // up to when recovery has been counted
	slowed    float64   // further reduction in favour of other clients, 0 to 1
	slowUntil time.Time
}

func newAdaptiveRate(perMinute float64) adaptiveRate {
	if !(perMinute >= 1) { // also true for NaN
		perMinute = 1
	}
	return adaptiveRate{full: perMinute / 60 * (1 - margin), share: 1, slowed: 1}
}

// at is the rate at now, in calls per second.
func (r *adaptiveRate) at(now time.Time) float64 {
	r.recover(now)
	share := r.share
	if now.Before(r.slowUntil) {
		share = min(share, r.slowed)
	}
	return r.full * max(share, lowestShare)
}

// cut lowers the rate after a 429, and counts recovery from the end of the pause that follows. It does so
// once for a burst: for what arrives during the pause that the first 429 caused, or shortly after it.
func (r *adaptiveRate) cut(now, paused time.Time) {
	r.recover(now)
	if now.Before(paused) || now.Sub(r.cutAt) < sameBurst {
		return
	}
	r.share = max(r.share*cutTo, lowestShare)
	r.cutAt = now
}

// recover gives back rate for the clean minutes up to now.
func (r *adaptiveRate) recover(now time.Time) {
	for r.share < 1 && now.Sub(r.recovered) >= time.Minute {
		r.share = min(r.share+max((1-r.share)*recovery, leastRecovery), 1)
		r.recovered = r.recovered.Add(time.Minute)
	}
}
