// Package simtest plays worlds: the whole program but its command line, with its real clients and its real
// ledger, in virtual time, against models of Kustomer and of Agent Connect that do whatever was ever seen or
// feared of the two, on a machine that is killed, restored and left alone for hours, with operators who do
// what the manual says. It holds what has happened against what must never happen (the invariants I1 to I14
// of the design). A seed is one world, and plays the same each time.
//
// It has to be called in a bubble of testing/synctest.
package simtest

import (
	"fmt"
	"time"
)

// Report is what came of a world.
type Report struct {
	Seed          uint64
	Wrong         []string       // what does not hold, in the order in which it was found; empty: all is well
	Failed        string         // what this machine could not do; then Wrong is empty, and the world proves nothing
	Events        []string       // all that has happened
	Digest        string         // of those
	Met           map[string]int // the kinds of faults that came up, and how often
	Conversations int
	Processes     int
	Arrivals      int // survey requests that Agent Connect has carried out
}

// Play plays the world of a seed in a directory that is empty.
func Play(seed uint64, dir string) Report {
	w := &operator{world: newWorld(seed, dir)}
	if err := w.found(); err != nil {
		w.journal.failf("the ledger cannot be made: %v", err)
	} else {
		w.live()
		w.rest()
		w.checkEnd()
	}
	time.Sleep(2 * awhile) // until the services have noticed that nobody listens any more
	report := Report{
		Seed: seed, Events: w.journal.lines(), Digest: w.journal.digest(), Met: w.journal.coverage(),
		Failed: w.journal.failure(), Conversations: len(w.society.conversations), Processes: w.turn, Arrivals: len(w.receiver.all()),
	}
	if report.Failed != "" {
		return report
	}
	for _, each := range w.journal.faults() {
		report.Wrong = append(
			report.Wrong,
			fmt.Sprintf("%s at %s: %s", each.invariant, since(w.journal.began, each.at), each.text),
		)
	}
	return report
}
