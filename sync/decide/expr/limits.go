package expr

import "fmt"

// The limits of an expression. They bound what it can cost on any conversation.
const (
	maxExpression = 4_000   // characters
	maxNodes      = 500     // names, values and operators
	maxLoops      = 4       // functions that look at each item of a list
	maxSteps      = 100_000 // items looked at in one evaluation
	maxMemory     = 100_000 // items of the lists made in one evaluation
	maxText       = 100_000 // bytes of a text that is put together
)

// stepCounter counts the items that an evaluation looks at.
type stepCounter struct{ taken int }

func (s *stepCounter) take() error {
	if s.taken++; s.taken > maxSteps {
		return fmt.Errorf("more than %d items", maxSteps)
	}
	return nil
}
