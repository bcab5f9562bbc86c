package journey

import (
	"acsync/store"
	"acsync/sync/agentconnect"
)

// Step is how far a conversation has come.
type Step int

// The steps, each of which has those before it behind it.
const (
	Done      Step = iota // marked done
	Eligible              // its customer was, is, or should be asked
	Asked                 // Agent Connect has a request for feedback of it
	Delivered             // the customer was mailed, as far as Agent Connect is told
	Answered              // and has answered
)

var stepNames = [...]string{
	Done: "done", Eligible: "eligible", Asked: "asked", Delivered: "delivered", Answered: "answered",
}

// String is the step's name in reports.
func (s Step) String() string { return stepNames[s] }

// Steps lists all steps, in their order.
func Steps() []Step { return []Step{Done, Eligible, Asked, Delivered, Answered} }

// Obstacles that are neither a reason of a decision nor a state of the ledger.
const (
	NeverAsked  = "never_asked"  // nobody has tried to ask, although today's decision would
	NotShown    = "not_shown"    // the ledger has it as accepted, Agent Connect's data do not show it
	NotAnswered = "not_answered" // yet
)

// Standing is how far a conversation has come, and what keeps it from the next step.
type Standing struct {
	Step Step
	// State is where the ledger has it, when that is what keeps it from being asked; else zero.
	State store.State
	// Obstacle is a reason of a decision or of the ledger, a kind of delivery, or one of the above; empty where
	// it was answered, and where Agent Connect's data, which alone tell of the last two steps, were not read.
	Obstacle string
}

// furthest is the standing of the request that has come furthest of several.
func furthest(asked []agentconnect.Interaction) (best Standing) {
	for _, i := range asked {
		s := Standing{Step: Asked, Obstacle: i.Delivery().String()}
		switch {
		case !i.AnsweredAt.IsZero():
			s = Standing{Step: Answered}
		case i.Delivery().Reached():
			s = Standing{Step: Delivered, Obstacle: NotAnswered}
		}
		if s.Step > best.Step {
			best = s
		}
	}
	return best
}
