package expr

import (
	"encoding/json"
	"math/big"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/vm/runtime"
)

// A custom attribute may be a json.Number: one that a float64 does not hold to the last digit. It is written
// and compared by its digits, and counted with as the nearest float64.

// exact is a number to its last digit; nil for anything else.
func exact(value any) *big.Rat {
	if written, ok := value.(json.Number); ok {
		n, _ := new(big.Rat).SetString(written.String())
		return n
	}
	switch v := reflect.ValueOf(value); {
	case v.CanInt():
		return new(big.Rat).SetInt64(v.Int())
	case v.CanUint():
		return new(big.Rat).SetUint64(v.Uint())
	case v.CanFloat():
		return new(big.Rat).SetFloat64(v.Float())
	}
	return nil
}

// byDigits compares two numbers of which one at least is a json.Number; false for anything else.
func byDigits(a, b any) (order int, ok bool) {
	_, first := a.(json.Number)
	_, second := b.(json.Number)
	if !first && !second {
		return 0, false
	}
	x, y := exact(a), exact(b)
	if x == nil || y == nil {
		return 0, false
	}
	return x.Cmp(y), true
}

func equal(a, b any) bool {
	if order, ok := byDigits(a, b); ok {
		return order == 0
	}
	return runtime.Equal(a, b)
}

func among(item, list any) bool {
	if items, ok := list.([]any); ok {
		return slices.ContainsFunc(items, func(each any) bool { return equal(each, item) })
	}
	if _, ok := item.(json.Number); !ok || reflect.ValueOf(list).Kind() != reflect.Slice {
		return runtime.In(item, list)
	}
	for _, each := range reflect.ValueOf(list).Seq2() {
		if equal(each.Interface(), item) {
			return true
		}
	}
	return false
}

// nearest makes float64s of json.Numbers, also of those of a list.
func nearest(values ...any) (any, error) {
	switch v := values[0].(type) {
	case json.Number:
		return v.Float64()
	case []any:
		list := slices.Clone(v)
		for i := range list {
			if n, ok := list[i].(json.Number); ok {
				list[i], _ = n.Float64()
			}
		}
		return list, nil
	}
	return values[0], nil
}

// whole makes an int of a json.Number that is one.
func whole(values ...any) (any, error) {
	if n, ok := values[0].(json.Number); ok {
		if digits := exact(n); digits != nil && digits.IsInt() && digits.Num().IsInt64() {
			return int(digits.Num().Int64()), nil
		}
	}
	return nearest(values...)
}

// digitsOf writes a number without exponent, to its last digit.
func digitsOf(n json.Number) string {
	number := exact(n)
	if number == nil {
		return n.String()
	}
	places, _ := number.FloatPrec() // all of them: it was written as a decimal
	return number.FloatString(places)
}
