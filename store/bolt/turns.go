package bolt

import (
	"slices"
	"sync"
	"time"
)

// change is a change of the ledger that a caller wants to be written, by what F does.
type change[F any] struct {
	// where it shares its turn it may be called more than once, each time in another transaction
	fn    F
	alone bool      // it shares its turn with no other
	err   error     // what the caller is told
	turn  chan bool // gets true when it is the caller's turn, false when another has done its change
}

func newChange[F any](alone bool, fn F) *change[F] {
	return &change[F]{fn: fn, alone: alone, turn: make(chan bool, 1)}
}

// turns lets callers change a ledger one after the other, in the order in which they came. Those that wait
// while another has its turn share the next: the first of them leads, and does the changes of all. Nobody
// waits for it with a lock, so that a test with a clock of its own sees who waits.
//
// Whoever was just answered often comes again at once. The one that leads gives those a chance to join, for
// as long as a commit takes at most: in vain, that costs those that wait about as much as the commit that it
// would have spared. Who is alone waits once at most, right after a commit that was shared.
type turns[F any] struct {
	mu      sync.Mutex // never held over a wait
	taken   bool
	waiting []*change[F]
	full    chan struct{} // closed when all that are expected have come; nil while nobody waits for them

	expected int           // answered by the last commit that was shared, or waiting when it ended
	takes    time.Duration // what such a commit takes, on average
}

// join waits for the turn of a change and reports whether it has come. Otherwise another caller has done it.
func (q *turns[F]) join(c *change[F]) bool {
	q.mu.Lock()
	q.waiting = append(q.waiting, c)
	first := !q.taken
	q.taken = true
	if q.full != nil && (c.alone || len(q.waiting) >= q.expected) {
		close(q.full)
		q.full = nil
	}
	q.mu.Unlock()
	return first || <-c.turn
}

// take waits for a turn that is shared with nobody, and gives what pass ends it with.
func (q *turns[F]) take() []*change[F] {
	var nothing F
	q.join(newChange(true, nothing))
	return q.gather()
}

// gather gives those whose turn it is; the first is the caller's.
func (q *turns[F]) gather() []*change[F] {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 1
	if !q.waiting[0].alone {
		q.linger()
		for n < len(q.waiting) && !q.waiting[n].alone {
			n++
		}
	}
	group := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	return group
}

// linger waits a moment for those that are missing. It is called with the lock, which it gives up meanwhile.
func (q *turns[F]) linger() {
	if len(q.waiting) >= q.expected || q.takes <= 0 {
		return
	}
	full := make(chan struct{})
	q.full = full
	q.mu.Unlock()
	timer := time.NewTimer(q.takes)
	select {
	case <-full:
	case <-timer.C:
	}
	timer.Stop()
	q.mu.Lock()
	q.full = nil
}

// pass tells a group that its changes are done, which took so long, and the next in the row that it is its
// turn.
func (q *turns[F]) pass(group []*change[F], took time.Duration) {
	q.mu.Lock()
	if !group[0].alone {
		q.expected = len(group) + len(q.waiting)
		q.takes += (took - q.takes) / 4
	}
	if q.taken = len(q.waiting) > 0; q.taken {
		q.waiting[0].turn <- true
	}
	q.mu.Unlock()
	for _, c := range group[1:] {
		c.turn <- false
	}
}
