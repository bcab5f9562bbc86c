package expr

import (
	"fmt"
	"reflect"
)

const (
	maxSteps = 100_000 // what one evaluation may cost; an item that is looked at costs one
	maxText  = 100_000 // bytes of a text that is put together
	// stepBytes are the bytes of text that cost as much as an item of a loop. An item of a list which is
	// compared or joined as a whole costs as much as itemBytes.
	stepBytes = 1000
	itemBytes = 50
)

// stepCounter bounds an evaluation by what it looks at and never by time: on a slow machine a conversation is
// decided as on a fast one.
type stepCounter struct {
	taken int
	// each is what an item costs: more where the conversation has long texts or lists, because any of them may
	// be searched for each item. 0: not known yet.
	each int
	of   any // points to what the conversation has
}

// take counts an item.
func (s *stepCounter) take() error {
	if s.each == 0 {
		s.each = 1 + weight(reflect.ValueOf(s.of).Elem())/stepBytes
	}
	return s.charge(s.each)
}

// takeText counts a text that is put together.
func (s *stepCounter) takeText(size int) error { return s.charge(1 + size/stepBytes) }

// text puts a text together whose size is known beforehand, unless it is too large.
func (s *stepCounter) text(size int, build func() string) (any, error) {
	if size > maxText {
		return nil, fmt.Errorf("a text of %d bytes", size)
	}
	if err := s.takeText(size); err != nil {
		return nil, err
	}
	return build(), nil
}

func (s *stepCounter) charge(steps int) error {
	if s.taken += steps; s.taken > maxSteps {
		return fmt.Errorf("more than %d steps", maxSteps)
	}
	return nil
}

func takeStep(values ...any) (any, error) { return true, values[0].(*stepCounter).take() }

// weight is the length of all texts in a value, in bytes, with the items of its lists.
func weight(v reflect.Value) int {
	size := 0
	switch v.Kind() {
	case reflect.String:
		size = v.Len()
	case reflect.Interface:
		size = weight(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			size += itemBytes + weight(v.Index(i))
		}
	case reflect.Map:
		for _, value := range v.Seq2() {
			size += itemBytes + weight(value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			size += weight(v.Field(i))
		}
	}
	return size
}
