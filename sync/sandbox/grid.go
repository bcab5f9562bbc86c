package sandbox

import (
	"iter"
	"time"
)

const (
	// maxLife is the longest time from the creation of a generated conversation to its resolution.
	maxLife = 6 * 24 * time.Hour
	// trickleHours: before the busy time, one conversation in so many hours is found by searches.
	trickleHours = 4
)

// grid is the generated data: slots in time, each with one conversation.
type grid struct {
	seed     seed
	perHour  int
	stride   int       // position p of the hour's deck lies in slot p*stride + offset(hour)
	unstride int       // the inverse of stride, modulo perHour
	busyFrom time.Time // searches find everything since, and a trickle before
}

func newGrid(s seed, perHour int, busyFrom time.Time) *grid {
	stride, unstride := strides(perHour)
	return &grid{seed: s, perHour: perHour, stride: stride, unstride: unstride, busyFrom: busyFrom}
}

// strides gives a stride near the golden section that has no common divisor with n, and its inverse modulo n: kinds
// that lie together in the deck come to lie evenly over the hour.
func strides(n int) (stride, unstride int) {
	stride = max(1, n*618/1000)
	for gcd(stride, n) != 1 {
		stride++
	}
	for unstride = 1; n > 1 && stride*unstride%n != 1; unstride++ {
		continue
	}
	return stride, unstride
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (g *grid) offset(hour int64) int { return int(g.seed.hash(uint64(hour), 'o') % uint64(g.perHour)) }

// kind is that of the conversation in a slot. An hour with more conversations than the deck has as many of each kind as
// the deck, and beside them plain ones: oddities do not grow with the traffic.
func (g *grid) kind(hour int64, index int) *kind {
	position := (index + g.perHour - g.offset(hour)) * g.unstride % g.perHour
	if g.perHour < len(deck) {
		return deck[(int(hour)*g.perHour+position)%len(deck)]
	}
	card := position * len(deck) / g.perHour
	if position > 0 && (position-1)*len(deck)/g.perHour == card {
		return deck[0]
	}
	return deck[card]
}

// resolved is the time at which the conversation in a slot was marked done.
func (g *grid) resolved(hour int64, index int) time.Time {
	const ms = int64(time.Hour / time.Millisecond)
	from, to := int64(index)*ms/int64(g.perHour), int64(index+1)*ms/int64(g.perHour)
	at := hour*ms + from + int64(g.seed.hash(uint64(hour), uint64(index), 'r')%uint64(max(1, to-from)))
	return time.UnixMilli(at).UTC()
}

// slots are those with a resolution in [from, to), in order of time, without the ones that the trickle leaves out.
func (g *grid) slots(from, to time.Time) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		for hour := hourOf(from); !hourStart(hour).After(to); hour++ {
			first, last := g.span(hour, from, to)
			for index := first; index <= last; index++ {
				at := g.resolved(hour, index)
				if at.Before(from) || !at.Before(to) || at.Before(g.busyFrom) && index != g.trickle(hour) {
					continue
				}
				if !yield(slot{classConversation, hour, index}) {
					return
				}
			}
		}
	}
}

// span is the first and last slot of an hour that can have a resolution in [from, to).
func (g *grid) span(hour int64, from, to time.Time) (first, last int) {
	start := hourStart(hour)
	first, last = 0, g.perHour-1
	if d := from.Sub(start); d > 0 {
		first = int(d.Seconds()*float64(g.perHour)/3600) - 1
	}
	if d := to.Sub(start); d < time.Hour {
		last = int(d.Seconds()*float64(g.perHour)/3600) + 1
	}
	if start.Add(time.Hour).Before(g.busyFrom) { // at most one slot counts: do not walk the others
		i := g.trickle(hour)
		first, last = max(first, i), min(last, i)
	}
	return max(first, 0), min(last, g.perHour-1)
}

// trickle is the slot of an hour that searches find however old it is, or -1. It is the first of the deck, which is a
// plain one.
func (g *grid) trickle(hour int64) int {
	if hour%trickleHours != 0 {
		return -1
	}
	return g.offset(hour)
}

func hourOf(t time.Time) int64       { return t.Unix() / 3600 }
func hourStart(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }
