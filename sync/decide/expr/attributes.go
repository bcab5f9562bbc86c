package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

const customName = "custom"

// attributes collects the custom attributes that an expression names, before it is rewritten.
type attributes struct{ names []string }

// Visit is called for each node, after those below it.
func (a *attributes) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		a.add(n.Node, n.Property)
	case *ast.BinaryNode:
		if n.Operator == "in" {
			a.add(n.Right, n.Left)
		}
	}
}

// add takes a name that is looked up in one of the objects that hold attributes.
func (a *attributes) add(of, name ast.Node) {
	text, ok := name.(*ast.StringNode)
	owner := attributeOwner(of)
	if !ok || owner == "" {
		return
	}
	if named := owner + "." + text.Value; !slices.Contains(a.names, named) {
		a.names = append(a.names, named)
	}
}

// attributeOwner is the shortest name of an object that holds attributes; empty for all others.
func attributeOwner(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ChainNode:
		return attributeOwner(n.Node)
	case *ast.IdentifierNode:
		if n.Value == customName {
			return customName
		}
	case *ast.MemberNode:
		owner, isName := n.Node.(*ast.IdentifierNode)
		field, isText := n.Property.(*ast.StringNode)
		switch {
		case !isName || !isText || field.Value != customName:
		case owner.Value == customerName:
			return customerName + "." + customName
		case owner.Value == "conversation":
			return customName
		}
	}
	return ""
}
