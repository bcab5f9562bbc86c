package simtest

import (
	"errors"
	"sync"
	"time"
)

// errKilled ends whatever a killed process still does.
var errKilled = errors.New("this process was killed")

// gate stands wherever a process meets its surroundings: the ledger, the network, its clocks. It lets what
// begins together go on one after the other, in an order that the seed has chosen, and it can stop the whole
// process at any of these steps, as a kill does: from then on nobody gets through.
type gate struct {
	dice    dice
	name    string // of the process
	journal *journal
	killAt  int           // the step at which it is killed; 0: never
	killed  chan struct{} // closed then
	freed   chan struct{} // closed when its disk was kept: what is left of it may end

	counts occurrences
	mu     sync.Mutex
	steps  int
	dead   bool
}

func newGate(d dice, j *journal, name string, killAt int) *gate {
	return &gate{
		dice: d, name: name, journal: j, killAt: killAt, killed: make(chan struct{}), freed: make(chan struct{}),
	}
}

// pass is a step about something. With an error the process is dead.
func (g *gate) pass(step, about string) error {
	nth := g.counts.next(step + " " + about)
	time.Sleep(g.dice.nanoseconds(g.name+" "+step, about, nth))
	g.mu.Lock()
	if g.steps++; g.steps == g.killAt && !g.dead {
		g.dead = true
		g.journal.note("%s is killed at step %d: %s %s", g.name, g.steps, step, about)
		g.journal.meets("killed at " + step)
		close(g.killed)
	}
	dead := g.dead
	g.mu.Unlock()
	if dead {
		<-g.freed
		return errKilled
	}
	return nil
}

// free lets a killed process come to its end.
func (g *gate) free() { close(g.freed) }
