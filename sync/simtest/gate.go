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
	kill    kill
	ask     kill          // the step at which it gets a SIGTERM
	sigterm func()        // sends that
	killed  chan struct{} // closed then
	freed   chan struct{} // closed when its disk was kept: what is left of it may end

	counts occurrences
	mu     sync.Mutex
	steps  int // that count for the kill
	asked  int // and for the SIGTERM
	dead   bool
}

// kill is the step at which a process is killed: the how manieth of all, or of those with a name. The zero
// kill is none.
type kill struct {
	step string // empty: any
	nth  int
}

func newGate(d dice, j *journal, name string, at kill) *gate {
	return &gate{
		dice: d, name: name, journal: j, kill: at, killed: make(chan struct{}), freed: make(chan struct{}),
	}
}

// pass is a step about something. With an error the process is dead.
func (g *gate) pass(step, about string) error {
	nth := g.counts.next(step + " " + about)
	time.Sleep(g.dice.nanoseconds(g.name+" "+step, about, nth))
	g.mu.Lock()
	if g.kill.step == "" || g.kill.step == step {
		g.steps++
	}
	if g.steps > 0 && g.steps == g.kill.nth && !g.dead {
		g.dead = true
		g.journal.note("%s is killed at %s %s", g.name, step, about)
		g.journal.meets("killed at " + step)
		close(g.killed)
	}
	if g.ask.nth > 0 && g.ask.step == step {
		if g.asked++; g.asked == g.ask.nth {
			g.journal.note("%s gets a SIGTERM at %s %s", g.name, step, about)
			g.journal.meets("SIGTERM at " + step)
			g.sigterm()
		}
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
