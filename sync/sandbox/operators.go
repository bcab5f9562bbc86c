package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// valueType is what an attribute holds.
type valueType uint8

const (
	typeText valueType = iota
	typeTime
	typeNumber
	typeBool
	typeAny // not documented
)

// parseValue checks the value of an operator against the attribute's type.
func parseValue(attribute string, of valueType, operator string, value any) (any, error) {
	switch operator {
	case "not_set":
		if value != "" {
			return nil, errors.New(`the value of not_set is ""`)
		}
		return value, nil
	case "in":
		list, ok := value.([]any)
		if !ok || len(list) == 0 {
			return nil, errors.New("the value of in is an array of values")
		}
		parsed := make([]any, len(list))
		for i := range list {
			var err error
			if parsed[i], err = parseScalar(attribute, of, list[i]); err != nil {
				return nil, err
			}
		}
		return parsed, nil
	case "equals":
		return parseScalar(attribute, of, value)
	case "contains":
		if of != typeText && of != typeAny {
			return nil, errors.New("contains is for text")
		}
		return parseScalar(attribute, of, value)
	case "gte", "gt", "lte", "lt":
		if of != typeTime && of != typeNumber && of != typeAny {
			return nil, fmt.Errorf("%s is for times and numbers", operator)
		}
		return parseScalar(attribute, of, value)
	default:
		return nil, fmt.Errorf("unknown operator %q", operator)
	}
}

func parseScalar(attribute string, of valueType, value any) (any, error) {
	switch of {
	case typeTime:
		return parseTime(value)
	case typeNumber:
		if n, ok := value.(float64); ok {
			return n, nil
		}
		return nil, errors.New("the value must be a number")
	case typeBool:
		if b, ok := value.(bool); ok {
			return b, nil
		}
		return nil, errors.New("the value must be a boolean")
	case typeText:
		s, ok := value.(string)
		if !ok {
			return nil, errors.New("the value must be a string")
		}
		if attribute == "conversation_status" && s != "open" && s != "snoozed" && s != "done" {
			return nil, errors.New("a status is open, snoozed or done")
		}
		return s, nil
	default:
		return parseAny(value)
	}
}

// parseTime takes full timestamps only. A date alone is documented, too, but means another day by the time zone, so a
// program that sends one by mistake should hear of it.
func parseTime(value any) (any, error) {
	s, _ := value.(string)
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil, errors.New("the value must be a full timestamp such as 2020-11-20T16:34:00.000Z")
	}
	return t, nil
}

// parseAny is for attributes of no documented type.
func parseAny(value any) (any, error) {
	switch value.(type) {
	case string, float64, bool:
		if t, err := parseTime(value); err == nil {
			return t, nil
		}
		return value, nil
	default:
		return nil, errors.New("the value must be a string, a number or a boolean")
	}
}

// holds tells whether a criterion is true of an attribute's value: nil, string, []string, float64, bool or time.Time. A
// list matches by any of its elements.
func (c *criterion) holds(value any) bool {
	if list, ok := value.([]string); ok {
		if c.operator == "not_set" {
			return len(list) == 0
		}
		return slices.ContainsFunc(list, func(s string) bool { return c.holds(s) })
	}
	if value == nil {
		return c.operator == "not_set"
	}
	switch c.operator {
	case "equals":
		return compare(value, c.value) == equal
	case "in":
		return slices.ContainsFunc(c.value.([]any), func(v any) bool { return compare(value, v) == equal })
	case "contains":
		return hasWord(value, c.value)
	case "gte":
		return compare(value, c.value)&(equal|greater) != 0
	case "gt":
		return compare(value, c.value) == greater
	case "lte":
		return compare(value, c.value)&(equal|less) != 0
	case "lt":
		return compare(value, c.value) == less
	default:
		return false
	}
}

// standing is how two values stand to each other; 0 when they cannot be compared.
type standing uint8

const (
	less standing = 1 << iota
	equal
	greater
)

func compare(a, b any) standing {
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return relate(strings.Compare(strings.ToLower(a), strings.ToLower(b)))
		}
	case float64:
		if b, ok := b.(float64); ok {
			return relate(cmp.Compare(a, b))
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return relate(a.Compare(b))
		}
	case bool:
		if b, ok := b.(bool); ok && a == b {
			return equal
		}
	}
	return 0
}

func relate(n int) standing {
	switch {
	case n < 0:
		return less
	case n > 0:
		return greater
	default:
		return equal
	}
}

// hasWord matches whole words only (observed).
func hasWord(value, word any) bool {
	text, isText := value.(string)
	wanted, ok := word.(string)
	if !isText || !ok {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, each := range strings.Fields(strings.ToLower(wanted)) {
		if !slices.Contains(words, each) {
			return false
		}
	}
	return true
}
