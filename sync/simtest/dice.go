package simtest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// dice make every choice of a world. None is drawn from a stream that several share, whose order could
// differ: each depends on the seed and on what it is about alone.
type dice uint64

// throw gives the choices about one thing: what is chosen, about whom, and for the how manieth time.
func (d dice) throw(what, about string, nth int) *rand.Rand {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s\x00%s\x00%d", what, about, nth)
	return rand.New(rand.NewPCG(uint64(d)*0x9e3779b97f4a7c15+1, hash.Sum64()))
}

// nanoseconds is a short while, other for everything that happens: what begins at one instant in several
// goroutines goes on in an order that the seed has chosen.
func (d dice) nanoseconds(what, about string, nth int) time.Duration {
	return time.Duration(1 + d.throw(what, about, nth).Int64N(int64(time.Millisecond)))
}

// between is a duration from one to below another.
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// pick is one of a list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// occurrences count how often something has happened, beginning with 1.
type occurrences struct {
	mu   sync.Mutex
	seen map[string]int
}

func (o *occurrences) next(of string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = map[string]int{}
	}
	o.seen[of]++
	return o.seen[of]
}
