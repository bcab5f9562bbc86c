package expr

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"
)

// builtins are the library's functions that expressions may use: those that depend on nothing but their arguments, and do
// not make much of little. By now(), and by keys() and values(), whose order is random, the same conversation would be decided
// in two ways.
var builtins = strings.Fields(`all none any one filter map find count len abs ceil floor round int float trim trimPrefix
	trimSuffix upper lower indexOf lastIndexOf hasPrefix hasSuffix max min first last date duration`)

// functionNames are all functions that expressions may use.
func functionNames() []string {
	return slices.Sorted(slices.Values(append([]string{"split", "join", "replace", "string"}, builtins...)))
}

// conditional are those of them that ask of each item whether something holds.
var conditional = strings.Fields("all none any one filter find count")

// The functions that review puts in place of operators. No expression can name them.
const (
	fnStep  = "(step)"
	fnTruth = "(truth)"
	fnText  = "(text)"
	fnJoin  = "(+)"
)

// dialect is what expressions are made of.
func dialect() []expr.Option {
	options := []expr.Option{expr.Env(&Env{}), expr.DisableAllBuiltins(), expr.MaxNodes(MaxNodes), expr.Optimize(false)}
	for _, name := range builtins {
		options = append(options, expr.EnableBuiltin(name))
	}
	for operator, holds := range orders {
		options = append(options, expr.Function("("+operator+")", func(values ...any) (any, error) {
			return values[0] != nil && values[1] != nil && holds(values[0], values[1]), nil
		}, new(func(any, any) bool)))
	}
	return append(
		options,
		expr.Function(fnStep, func(values ...any) (any, error) { return true, values[0].(*StepCounter).take() }, new(func(*StepCounter) bool)),
		expr.Function(fnTruth, truth, new(func(any) bool)),
		expr.Function(fnText, text, new(func(any) string)),
		expr.Function(fnJoin, plus, new(func(any, any) any), new(func(string, string) string)),
		expr.Function("split", split, new(func(string, string) []string)),
		expr.Function("join", joinList, new(func([]string, string) string), new(func([]any, string) string), new(func(any, string) string)),
		expr.Function("replace", replace, new(func(string, string, string) string)),
		expr.Function("string", asText, new(func(any) string)),
	)
}

// orders are the operators that compare. With a missing value they are false.
var orders = map[string]func(a, b any) bool{
	"<":  runtime.Less,
	"<=": runtime.LessOrEqual,
	">":  runtime.More,
	">=": runtime.MoreOrEqual,
}

// StepCounter counts the items that an evaluation looks at.
type StepCounter struct{ Taken int }

func (s *StepCounter) take() error {
	if s.Taken++; s.Taken > MaxSteps {
		return fmt.Errorf("more than %d items", MaxSteps)
	}
	return nil
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
func plus(values ...any) (any, error) {
	a, isText := values[0].(string)
	b, both := values[1].(string)
	if isText && both {
		return bounded(len(a)+len(b), func() string { return a + b })
	}
	return runtime.Add(values[0], values[1]), nil
}

func split(values ...any) (any, error) {
	return strings.Split(values[0].(string), values[1].(string)), nil
}

// joinList joins texts.
func joinList(values ...any) (any, error) {
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
	for _, part := range parts {
		size += len(part) + len(separator)
	}
	return bounded(size, func() string { return strings.Join(parts, separator) })
}

func replace(values ...any) (any, error) {
	in, old, with := values[0].(string), values[1].(string), values[2].(string)
	return bounded(len(in)+strings.Count(in, old)*max(len(with)-len(old), 0), func() string { return strings.ReplaceAll(in, old, with) })
}

// asText writes a value as it stands in a survey request.
func asText(values ...any) (any, error) {
	texts, err := TextsOf(values[0])
	if err != nil {
		return nil, err
	}
	return joinList(texts, ListSeparator)
}

// bounded makes a text of a size that is known beforehand, unless it is too large.
func bounded(size int, make func() string) (any, error) {
	if size > MaxText {
		return nil, fmt.Errorf("a text of %d bytes", size)
	}
	return make(), nil
}

// review looks at an expression before it is compiled: it finds what the expression uses and what it must not, and
// makes it lenient with values that are missing.
type review struct {
	customer bool
	loops    int
	refusal  *CompileError
}

// Visit is called for each node, after those below it.
func (r *review) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.customer = r.customer || n.Value == customerName
		if n.Value == "$env" {
			r.refuse(n, fmt.Sprintf("there is no %q; name the field itself", n.Value))
		}
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		r.refuse(n, "variables and several expressions are not taken; write it as one")
	case *ast.PredicateNode:
		if r.loops++; r.loops > maxLoops {
			r.refuse(n, fmt.Sprintf("more than %d functions look at lists here", maxLoops))
		}
		n.Node = counted(n.Node)
	case *ast.BuiltinNode:
		if slices.Contains(conditional, n.Name) && len(n.Arguments) == 2 {
			condition(n.Arguments[1])
		}
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			lenient(&n.Node, fnTruth)
		}
	case *ast.ConditionalNode:
		lenient(&n.Cond, fnTruth)
	case *ast.BinaryNode:
		operator(node, n)
	}
}

func (r *review) refuse(at ast.Node, message string) {
	if r.refusal == nil {
		r.refusal = &CompileError{At: at.Location().From + 1, Message: message}
	}
}

// operator makes an operator lenient where the type of an operand is not known before.
func operator(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		lenient(&n.Left, fnTruth)
		lenient(&n.Right, fnTruth)
	case "contains", "startsWith", "endsWith", "matches":
		lenient(&n.Left, fnText)
		lenient(&n.Right, fnText)
	case "<", "<=", ">", ">=":
		if open(n.Left) || open(n.Right) {
			swap(node, call("("+n.Operator+")", n.Left, n.Right))
		}
	case "+":
		if texts(n.Left) && texts(n.Right) {
			swap(node, call(fnJoin, n.Left, n.Right))
		}
	}
}

// open tells whether a node can have any type.
func open(n ast.Node) bool { return n.Type().Kind() == reflect.Interface }

// texts tells whether a node can be a text.
func texts(n ast.Node) bool { return open(n) || n.Type().Kind() == reflect.String }

// lenient wraps an operand of unknown type.
func lenient(operand *ast.Node, with string) {
	if open(*operand) {
		ast.Patch(operand, call(with, *operand))
	}
}

// swap puts another node in place of one, which is taken to have the same type until the next check.
func swap(node *ast.Node, with ast.Node) {
	with.SetNature(*(*node).Nature())
	ast.Patch(node, with)
}

// counted lets the body of a loop count its steps, and leaves its type as it is.
func counted(body ast.Node) ast.Node {
	steps := &ast.IdentifierNode{Value: "(steps)"}
	steps.SetLocation(body.Location())
	step := call(fnStep, steps)
	step.SetLocation(body.Location())
	counted := &ast.ConditionalNode{Ternary: true, Cond: step, Exp1: body, Exp2: body}
	counted.SetLocation(body.Location())
	return counted
}

// condition is what a loop asks of each item, after counted.
func condition(predicate ast.Node) {
	if p, ok := predicate.(*ast.PredicateNode); ok {
		if body, ok := p.Node.(*ast.ConditionalNode); ok {
			lenient(&body.Exp1, fnTruth)
			body.Exp2 = body.Exp1
		}
	}
}

func call(name string, arguments ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: name}
	callee.SetLocation(arguments[0].Location())
	return &ast.CallNode{Callee: callee, Arguments: arguments}
}
