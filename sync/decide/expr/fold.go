package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// addressFolder lets addresses be compared without case, as mail is delivered. What is not compared keeps the
// case in which it was written.
type addressFolder struct {
	items bool // the item of the loop that is walked is an address
}

// Visit is called for each node, after those below it.
func (f *addressFolder) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "matches":
			if f.isAddress(n.Left) {
				n.Right = withoutCase(n.Right)
			}
		case "==", "!=", "in", "contains", "startsWith", "endsWith":
			f.foldBoth(&n.Left, &n.Right)
		}
	case *ast.BuiltinNode:
		switch n.Name {
		case "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf":
			f.foldBoth(&n.Arguments[0], &n.Arguments[1])
		}
		if loop, ok := n.Arguments[len(n.Arguments)-1].(*ast.PredicateNode); ok && f.isAddress(n.Arguments[0]) {
			ast.Walk(&loop.Node, &addressFolder{items: true})
		}
	// One that looks an address up in a table.
	case *ast.MemberNode:
		if f.isAddress(n.Property) {
			n.Node, n.Property = folded(n.Node), folded(n.Property)
		}
	}
}

func (f *addressFolder) foldBoth(a, b *ast.Node) {
	if f.isAddress(*a) || f.isAddress(*b) {
		*a, *b = folded(*a), folded(*b)
	}
}

// isAddress reports whether a node is an address, a domain, or made of one.
func (f *addressFolder) isAddress(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.PointerNode:
		return f.items && n.Name == ""
	case *ast.MemberNode:
		return isAddressField(n) || f.isAddress(n.Node)
	case *ast.ChainNode:
		return f.isAddress(n.Node)
	case *ast.SliceNode:
		return f.isAddress(n.Node)
	case *ast.PredicateNode:
		return f.isAddress(n.Node)
	case *ast.ConditionalNode:
		return f.isAddress(n.Exp1) || f.isAddress(n.Exp2)
	case *ast.BinaryNode:
		return (n.Operator == "+" || n.Operator == "??") && (f.isAddress(n.Left) || f.isAddress(n.Right))
	case *ast.ArrayNode:
		return slices.ContainsFunc(n.Nodes, f.isAddress)
	case *ast.BuiltinNode:
		return slices.ContainsFunc(n.Arguments, f.isAddress)
	case *ast.CallNode:
		return n.Callee.String() != fnFold && slices.ContainsFunc(n.Arguments, f.isAddress)
	}
	return false
}

func isAddressField(n *ast.MemberNode) bool {
	owner, _ := n.Node.(*ast.IdentifierNode)
	field, _ := n.Property.(*ast.StringNode)
	return owner != nil && field != nil && (owner.Value == customerName || owner.Value == "agent") &&
		(field.Value == "email" || field.Value == "domain")
}

func folded(n ast.Node) ast.Node {
	call := call(fnFold, stepsAt(n), n)
	call.SetLocation(n.Location())
	return call
}

// withoutCase is a pattern that matches upper and lower case alike.
func withoutCase(pattern ast.Node) ast.Node {
	const anyCase = "(?i)"
	if literal, ok := pattern.(*ast.StringNode); ok {
		ast.Patch(&pattern, &ast.StringNode{Value: anyCase + literal.Value})
		return pattern
	}
	ast.Patch(&pattern, call(
		counted("+"), stepsAt(pattern), &ast.StringNode{Value: anyCase}, call(fnText, pattern)))
	return pattern
}

// fold writes a text, the texts of a list, or the keys of a table in lower case, and leaves all else as it
// is.
func fold(values ...any) (any, error) {
	steps := values[0].(*stepCounter)
	var err error
	lower := func(text string) string {
		if err == nil {
			err = steps.takeText(len(text))
		}
		return strings.ToLower(text)
	}
	switch v := values[1].(type) {
	case string:
		return lower(v), err
	case []string:
		list := make([]string, len(v))
		for i, text := range v {
			list[i] = lower(text)
		}
		return list, err
	case []any:
		list := slices.Clone(v)
		for i := range list {
			if text, ok := list[i].(string); ok {
				list[i] = lower(text)
			}
		}
		return list, err
	case map[string]any:
		table := make(map[string]any, len(v))
		// Of two keys that become one the same counts each time.
		for _, key := range slices.Sorted(maps.Keys(v)) {
			table[lower(key)] = v[key]
		}
		return table, err
	}
	return values[1], nil
}
