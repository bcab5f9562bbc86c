package expr

import "fmt"

const maxSteps = 100_000 // items looked at in one evaluation

type stepCounter struct{ taken int }

func (s *stepCounter) take() error {
	if s.taken++; s.taken > maxSteps {
		return fmt.Errorf("more than %d items", maxSteps)
	}
	return nil
}

func takeStep(values ...any) (any, error) { return true, values[0].(*stepCounter).take() }
