package expr

import "github.com/expr-lang/expr/ast"

// The functions that take the place of operators, or stand around their operands. No expression can name
// them.
const (
	fnStep    = "(step)"
	fnTruth   = "(truth)"
	fnText    = "(text)"
	fnEqual   = "(==)"
	fnUnequal = "(!=)"
	fnIn      = "(in)"
	fnNumber  = "(number)"
	fnWhole   = "(whole)"
	fnFold    = "(fold)"
)

// customerName is the part of an Env that costs a call to know.
const customerName = "customer"

func call(name string, arguments ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: name}
	callee.SetLocation(arguments[0].Location())
	return &ast.CallNode{Callee: callee, Arguments: arguments}
}

// stepsAt is the count of steps, where a node stands.
func stepsAt(n ast.Node) ast.Node {
	steps := &ast.IdentifierNode{Value: "(steps)"}
	steps.SetLocation(n.Location())
	return steps
}

// counted is the name of a text function that counts its steps.
func counted(name string) string { return "(" + name + ")" }
