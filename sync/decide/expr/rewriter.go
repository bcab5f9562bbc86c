package expr

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// conditional are the functions that ask of each item whether something holds.
var conditional = strings.Fields("all none any one filter find count")

// arithmetic are the functions that count with their arguments.
var arithmetic = map[string]string{
	"abs": fnNumber, "ceil": fnNumber, "floor": fnNumber, "round": fnNumber, "float": fnNumber,
	"max": fnNumber, "min": fnNumber, "int": fnWhole,
}

// rewriter finds what an expression uses and what it must not, and makes it lenient with missing values.
type rewriter struct {
	customer bool
	loops    int
	refusal  *CompileError
}

// Visit is called for each node, after those below it.
func (r *rewriter) Visit(node *ast.Node) {
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
		n.Node = countSteps(n.Node)
	case *ast.BuiltinNode:
		if slices.Contains(conditional, n.Name) && len(n.Arguments) == 2 {
			nilSafeCondition(n.Arguments[1])
		}
		if with, ok := arithmetic[n.Name]; ok {
			for i := range n.Arguments {
				countable(&n.Arguments[i], with)
			}
		}
	case *ast.CallNode:
		name := n.Callee.String()
		if _, ours := textFunctions[name]; ours {
			swap(node, call(counted(name), append([]ast.Node{stepsAt(n)}, n.Arguments...)...))
		}
	case *ast.UnaryNode:
		switch n.Operator {
		case "not", "!":
			nilSafe(&n.Node, fnTruth)
		default:
			countable(&n.Node, fnNumber)
		}
	case *ast.ConditionalNode:
		nilSafe(&n.Cond, fnTruth)
	case *ast.BinaryNode:
		nilSafeOperator(node, n)
	}
}

func (r *rewriter) refuse(at ast.Node, message string) {
	if r.refusal == nil {
		r.refusal = &CompileError{At: at.Location().From + 1, Message: message}
	}
}

// nilSafeOperator makes an operator lenient where the type of an operand is not known before.
func nilSafeOperator(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		nilSafe(&n.Left, fnTruth)
		nilSafe(&n.Right, fnTruth)
	case "contains", "startsWith", "endsWith", "matches":
		nilSafe(&n.Left, fnText)
		nilSafe(&n.Right, fnText)
	case "<", "<=", ">", ">=", "==", "!=":
		if anyType(n.Left) || anyType(n.Right) {
			swap(node, call("("+n.Operator+")", n.Left, n.Right))
		}
	case "in":
		if anyType(n.Left) || anyType(n.Right) || n.Right.Type() == reflect.TypeFor[[]any]() {
			swap(node, call(fnIn, n.Left, n.Right))
		}
	case "-", "*", "/", "%", "**", "^":
		countable(&n.Left, fnNumber)
		countable(&n.Right, fnNumber)
	case "+":
		if mayBeText(n.Left) && mayBeText(n.Right) {
			swap(node, call(counted("+"), stepsAt(n), n.Left, n.Right))
			return
		}
		countable(&n.Left, fnNumber)
		countable(&n.Right, fnNumber)
	}
}

func countable(operand *ast.Node, with string) {
	if anyType(*operand) || (*operand).Type().Kind() == reflect.Slice {
		ast.Patch(operand, call(with, *operand))
	}
}

func anyType(n ast.Node) bool { return n.Type().Kind() == reflect.Interface }

func mayBeText(n ast.Node) bool { return anyType(n) || n.Type().Kind() == reflect.String }

func nilSafe(operand *ast.Node, with string) {
	if anyType(*operand) {
		ast.Patch(operand, call(with, *operand))
	}
}

// swap puts another node in place of one, which is taken to have the same type until the next check.
func swap(node *ast.Node, with ast.Node) {
	with.SetNature(*(*node).Nature())
	ast.Patch(node, with)
}

// countSteps lets the body of a loop count its steps, and leaves its type as it is.
func countSteps(body ast.Node) ast.Node {
	step := call(fnStep, stepsAt(body))
	step.SetLocation(body.Location())
	counted := &ast.ConditionalNode{Ternary: true, Cond: step, Exp1: body, Exp2: body}
	counted.SetLocation(body.Location())
	return counted
}

// nilSafeCondition makes what a loop asks of each item lenient, after countSteps.
func nilSafeCondition(predicate ast.Node) {
	if p, ok := predicate.(*ast.PredicateNode); ok {
		if body, ok := p.Node.(*ast.ConditionalNode); ok {
			nilSafe(&body.Exp1, fnTruth)
			body.Exp2 = body.Exp1
		}
	}
}
