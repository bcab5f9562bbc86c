package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm/runtime"
)

// builtins are the library's functions that depend on their arguments alone, and do not make much of little.
// By now(), or keys() and values() in their random order, one conversation would be decided in two ways.
var builtins = strings.Fields(`all none any one filter map find count len abs ceil floor round int float trim
	trimPrefix trimSuffix upper lower indexOf lastIndexOf hasPrefix hasSuffix max min first last date duration`)

func functionNames() []string {
	return slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(builtins), maps.Keys(textFunctions))))
}

func language() []expr.Option {
	options := []expr.Option{
		expr.Env(&Env{}), expr.DisableAllBuiltins(), expr.MaxNodes(maxNodes), expr.Optimize(false),
	}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	for operator, holds := range comparisons {
		options = append(options, expr.Function("("+operator+")", func(values ...any) (any, error) {
			return values[0] != nil && values[1] != nil && holds(values[0], values[1]), nil
		}, new(func(any, any) bool)))
	}
	for name, f := range textFunctions {
		// It tells an expression the types; what is evaluated is the one that the rewriter puts in its place.
		options = append(options, expr.Function(name, unmade, f.types...), f.counting(name))
	}
	return append(
		options,
		addition.counting("+"),
		expr.Function(fnStep, takeStep, new(func(*stepCounter) bool)),
		expr.Function(fnTruth, truth, new(func(any) bool)),
		expr.Function(fnText, text, new(func(any) string)),
		expr.Function(fnEqual, func(v ...any) (any, error) { return equal(v[0], v[1]), nil },
			new(func(any, any) bool)),
		expr.Function(fnUnequal, func(v ...any) (any, error) { return !equal(v[0], v[1]), nil },
			new(func(any, any) bool)),
		expr.Function(fnIn, func(v ...any) (any, error) { return among(v[0], v[1]), nil },
			new(func(any, any) bool)),
		expr.Function(fnNumber, nearest, new(func(any) any)),
		expr.Function(fnWhole, whole, new(func(any) any)),
		expr.Function(fnFold, fold, new(func(*stepCounter, any) any)),
	)
}

// textFunction puts texts together or apart, and counts what that costs.
type textFunction struct {
	make  func(steps *stepCounter, values ...any) (any, error)
	types []any
}

func unmade(...any) (any, error) { return nil, errors.New("an expression that was not rewritten") }

// textFunctions are those that an expression can name.
var textFunctions = map[string]textFunction{
	"split":   {split, []any{new(func(string, string) []string)}},
	"replace": {replace, []any{new(func(string, string, string) string)}},
	"string":  {asText, []any{new(func(any) string)}},
	"join": {joinList, []any{
		new(func([]string, string) string), new(func([]any, string) string), new(func(any, string) string),
	}},
}

var addition = textFunction{plus, []any{new(func(any, any) any), new(func(string, string) string)}}

// counting is the function as the rewriter calls it: with the count of steps as its first argument.
func (f textFunction) counting(name string) expr.Option {
	return expr.Function(counted(name), func(values ...any) (any, error) {
		return f.make(values[0].(*stepCounter), values[1:]...)
	}, withSteps(f.types)...)
}

// withSteps puts the count of steps before the arguments of each type of function.
func withSteps(types []any) []any {
	var counting []any
	for _, of := range types {
		f := reflect.TypeOf(of).Elem()
		in := []reflect.Type{reflect.TypeFor[*stepCounter]()}
		counting = append(counting, reflect.New(reflect.FuncOf(
			slices.AppendSeq(in, f.Ins()), slices.Collect(f.Outs()), false)).Interface())
	}
	return counting
}

// comparisons are the operators that compare. With a missing value they are false.
var comparisons = map[string]func(a, b any) bool{
	"<":  func(a, b any) bool { return ordered(a, b, runtime.Less, -1) },
	"<=": func(a, b any) bool { return ordered(a, b, runtime.LessOrEqual, -1, 0) },
	">":  func(a, b any) bool { return ordered(a, b, runtime.More, 1) },
	">=": func(a, b any) bool { return ordered(a, b, runtime.MoreOrEqual, 0, 1) },
}

func ordered(a, b any, otherwise func(a, b any) bool, orders ...int) bool {
	if order, ok := byDigits(a, b); ok {
		return slices.Contains(orders, order)
	}
	return otherwise(a, b)
}

// truth lets a missing value count as false.
func truth(values ...any) (any, error) {
	switch value := values[0].(type) {
	case nil:
		return false, nil
	case bool:
		return value, nil
	}
	return nil, fmt.Errorf("neither true nor false, but %T", values[0])
}

// text lets a missing value count as an empty text, as the fields that are always there do.
func text(values ...any) (any, error) {
	switch value := values[0].(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	}
	return nil, fmt.Errorf("no text, but %T", values[0])
}

// plus adds, and keeps texts within their limit.
func plus(steps *stepCounter, values ...any) (any, error) {
	a, isText := values[0].(string)
	b, both := values[1].(string)
	if isText && both {
		return steps.text(len(a)+len(b), func() string { return a + b })
	}
	x, err := nearest(values[0])
	if err != nil {
		return nil, err
	}
	y, err := nearest(values[1])
	if err != nil {
		return nil, err
	}
	return runtime.Add(x, y), nil
}

func split(steps *stepCounter, values ...any) (any, error) {
	in := values[0].(string)
	if err := steps.takeText(len(in)); err != nil {
		return nil, err
	}
	return strings.Split(in, values[1].(string)), nil
}

func joinList(steps *stepCounter, values ...any) (any, error) {
	separator := values[1].(string)
	size := 0
	var parts []string
	switch items := values[0].(type) {
	case nil:
	case []string:
		parts = items
	case []any:
		for _, item := range items {
			part, err := text(item)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part.(string))
		}
	default:
		return nil, fmt.Errorf("no list of texts, but %T", items)
	}
	if err := steps.takeText(itemBytes * len(parts)); err != nil {
		return nil, err
	}
	for _, part := range parts {
		size += len(part) + len(separator)
	}
	return steps.text(size, func() string { return strings.Join(parts, separator) })
}

func replace(steps *stepCounter, values ...any) (any, error) {
	in, old, with := values[0].(string), values[1].(string), values[2].(string)
	size := len(in) + strings.Count(in, old)*max(len(with)-len(old), 0)
	return steps.text(size, func() string { return strings.ReplaceAll(in, old, with) })
}

func asText(steps *stepCounter, values ...any) (any, error) {
	texts, err := TextsOf(values[0])
	if err != nil {
		return nil, err
	}
	return joinList(steps, texts, ListSeparator)
}

// The limits of an expression. They bound what it can cost on any conversation.
const (
	maxExpression = 4_000   // characters
	maxNodes      = 500     // names, values and operators
	maxLoops      = 4       // functions that look at each item of a list
	maxMemory     = 100_000 // items of the lists made in one evaluation
)

// ListSeparator stands between the items of a list that is written as one text.
const ListSeparator = ", "

// TextsOf writes a value as texts: one for a single value, none for a missing one, one for each item of a
// list. Objects, and lists in lists, have no text.
func TextsOf(value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return []string{v}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return []string{v.UTC().Format(time.RFC3339)}, nil
	case time.Duration:
		return []string{v.String()}, nil
	case json.Number:
		return []string{digitsOf(v)}, nil
	}
	switch v := reflect.ValueOf(value); {
	case v.CanInt():
		return []string{strconv.FormatInt(v.Int(), 10)}, nil
	case v.CanUint():
		return []string{strconv.FormatUint(v.Uint(), 10)}, nil
	case v.CanFloat() && !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0):
		return []string{strconv.FormatFloat(v.Float(), 'f', -1, 64)}, nil
	case v.Kind() == reflect.Slice:
		return textsOfItems(v)
	}
	return nil, fmt.Errorf("no text, but %T", value)
}

func textsOfItems(items reflect.Value) (all []string, err error) {
	for _, item := range items.Seq2() {
		texts, err := TextsOf(item.Interface())
		if err != nil {
			return nil, err
		}
		if reflect.ValueOf(item.Interface()).Kind() == reflect.Slice {
			return nil, fmt.Errorf("a list in a list")
		}
		all = append(all, texts...)
	}
	return all, nil
}
