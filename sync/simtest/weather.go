package simtest

import (
	"math/rand/v2"
	"time"
)

// weather is what goes wrong on the way to a service, and how often. It is over at some time.
type weather struct {
	dice    dice
	service string
	kinds   []mishap
	share   float64 // of calls that go wrong
	spells  []spell
	until   time.Time
}

// spell is a time in which every call goes wrong in one way.
type spell struct {
	from, to time.Time
	dial     string // no connection comes about; empty: it does
	mishap   mishap
}

func newWeather(d dice, service string, began, until time.Time, kinds []mishap) *weather {
	r := d.throw("weather", service, 0)
	w := &weather{
		dice: d, service: service, kinds: kinds, share: pick(r, 0, 0.01, 0.05, 0.15, 0.4), until: until,
	}
	for range pick(r, 0, 0, 1, 2, 4) {
		from := began.Add(between(r, 0, until.Sub(began)))
		s := spell{from: from, to: from.Add(between(r, time.Minute, pick(r, 5*time.Minute, 2*time.Hour)))}
		if r.IntN(3) == 0 {
			s.dial = pick(r, ofDials...)
		} else {
			s.mishap = pick(r, kinds...)
		}
		w.spells = append(w.spells, s)
	}
	return w
}

func (w *weather) spell(now time.Time) *spell {
	for i := range w.spells {
		if s := &w.spells[i]; now.Before(w.until) && !now.Before(s.from) && now.Before(s.to) {
			return s
		}
	}
	return nil
}

// dial is how a connection fails now; empty: it does not.
func (w *weather) dial(about string, nth int, now time.Time) string {
	if s := w.spell(now); s != nil {
		return s.dial
	}
	r := w.dice.throw("dial "+w.service, about, nth)
	if !now.Before(w.until) || r.Float64() >= w.share/4 {
		return ""
	}
	return pick(r, ofDials...)
}

// call is how a call fails now; nil: it does not. The choices that are left are from r.
func (w *weather) call(about string, nth int, now time.Time) (m *mishap, r *rand.Rand) {
	r = w.dice.throw("call "+w.service, about, nth)
	if s := w.spell(now); s != nil && s.dial == "" {
		return &s.mishap, r
	}
	if !now.Before(w.until) || r.Float64() >= w.share {
		return nil, r
	}
	m = &w.kinds[r.IntN(len(w.kinds))]
	return m, r
}
