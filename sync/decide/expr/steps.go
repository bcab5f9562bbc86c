package expr

import (
	"fmt"
	"time"
)

const (
	maxSteps = 100_000 // items looked at in one evaluation
	// maxTime is how long an evaluation may last. It bounds what an item may cost, such as a search in a text of
	// a megabyte for each of a long list: no honest expression comes near it.
	maxTime = time.Second
)

type stepCounter struct {
	taken int
	began time.Time
}

func (s *stepCounter) take() error {
	switch s.taken++; {
	case s.taken > maxSteps:
		return fmt.Errorf("more than %d items", maxSteps)
	case time.Since(s.began) > maxTime:
		return fmt.Errorf("more than %s", maxTime)
	}
	return nil
}

func takeStep(values ...any) (any, error) { return true, values[0].(*stepCounter).take() }
