package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// mutant is one change of a file.
type mutant struct {
	id        int
	file      string
	line, end int
	within    string // the function
	text      string // what is changed
	change    string
	unreached bool // no test comes by
}

// name tells what is changed where, without the line, which moves.
func (m mutant) name() string {
	return fmt.Sprintf("%s: %s %s: %s", m.file, m.within, m.change, m.text)
}

// mutator writes a file anew, with a switch at everything that can be changed. Nothing but insertions within
// a line is made, so that what the compiler says of a line is about that line.
type mutator struct {
	src     []byte
	file    *token.File
	name    string
	next    int          // id
	dropped map[int]bool // mutants that do not compile
	mutants []mutant
	begins  map[int]string // insertions before and behind what stands at an offset
	ends    map[int]string
	instead map[int]replacement
	stack   []ast.Node
}

type replacement struct {
	length int
	text   string
}

// mutate returns the source with its mutants, whose ids begin behind after.
func mutate(
	name string, src []byte, after int, dropped map[int]bool,
) (out []byte, mutants []mutant, last int, err error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, src, 0)
	if err != nil {
		return nil, nil, 0, err
	}
	m := &mutator{
		src: src, file: fset.File(tree.FileStart), name: name, next: after, dropped: dropped,
		begins: map[int]string{}, ends: map[int]string{}, instead: map[int]replacement{},
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if n == nil {
			m.stack = m.stack[:len(m.stack)-1]
			return true
		}
		if decl, ok := n.(*ast.GenDecl); ok && decl.Tok != token.VAR {
			return false
		}
		m.visit(n)
		m.stack = append(m.stack, n)
		return true
	})
	return m.render(), m.mutants, m.next, nil
}

func (m *mutator) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.BlockStmt:
		m.statements(n.List)
	case *ast.CaseClause:
		m.statements(n.Body)
	case *ast.CommClause:
		m.statements(n.Body)
	case *ast.IfStmt:
		m.negate(n.Cond)
	case *ast.ForStmt:
		m.negate(n.Cond)
	case *ast.BinaryExpr:
		m.binary(n)
	}
	if s, ok := n.(*ast.SwitchStmt); ok && s.Tag == nil {
		for _, clause := range s.Body.List {
			for _, e := range clause.(*ast.CaseClause).List {
				m.negate(e)
			}
		}
	}
}

// statements leaves out one after the other. What declares a name stays: the rest needs it.
func (m *mutator) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.BranchStmt:
			m.wrap(s, "left out", "if !mutOn(%d) { ", " }")
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				m.wrap(s, "left out", "if !mutOn(%d) { ", " }")
			}
		case *ast.ReturnStmt:
			m.returns(s)
		}
	}
}

// returns has a function return zero values, or the opposite of a bool.
func (m *mutator) returns(s *ast.ReturnStmt) {
	if len(s.Results) == 0 {
		return
	}
	var types []string
	if results := m.function().Results; results != nil {
		for _, field := range results.List {
			types = append(types, slices.Repeat([]string{m.text(field.Type)}, max(len(field.Names), 1))...)
		}
	}
	if len(types) == 1 && types[0] == "bool" {
		switch leaf := s.Results[0].(type) {
		case *ast.BinaryExpr, *ast.ParenExpr, *ast.UnaryExpr: // are changed themselves
		default:
			m.wrap(leaf, "opposite", "(mutOn(%d) != (", "))")
		}
		return
	}
	if !slices.ContainsFunc(s.Results, func(e ast.Expr) bool { return !zero(e) }) {
		return
	}
	declared, names := "", make([]string, len(types))
	for i, t := range types {
		names[i] = fmt.Sprintf("mutZero%d", i)
		declared += fmt.Sprintf("var %s %s; ", names[i], strings.Join(strings.Fields(t), " "))
	}
	m.wrap(s, "zero", "if mutOn(%d) { "+strings.ReplaceAll(declared, "%", "%%")+"return "+
		strings.Join(names, ", ")+" }; ", "")
}

// zero reports whether an expression is a zero value already.
func zero(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	case *ast.BasicLit:
		return e.Value == "0" || e.Value == `""`
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	}
	return false
}

// function is the type of the innermost function around the node that is visited.
func (m *mutator) function() *ast.FuncType {
	for _, n := range slices.Backward(m.stack) {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return n.Type
		case *ast.FuncLit:
			return n.Type
		}
	}
	return &ast.FuncType{}
}

// helpers are the functions that stand for an operator, and what the mutant does.
var helpers = map[token.Token]struct{ function, change string }{
	token.LSS: {"mutLess", "<="}, token.LEQ: {"mutLessEqual", "<"},
	token.GTR: {"mutMore", ">="}, token.GEQ: {"mutMoreEqual", ">"},
	token.ADD: {"mutAdd", "without the right side"}, token.SUB: {"mutSub", "without the right side"},
	token.MUL: {"mutMul", "without the right side"}, token.QUO: {"mutDiv", "without the right side"},
}

func (m *mutator) binary(e *ast.BinaryExpr) {
	operator := m.file.Offset(e.OpPos)
	switch e.Op {
	case token.LAND, token.LOR:
		function, change := "mutAnd", "||"
		if e.Op == token.LOR {
			function, change = "mutOr", "&&"
		}
		if m.wrap(e, change, function+"(%d, ", ") })") {
			m.instead[operator] = replacement{2, ", func() bool { return ("}
		}
		m.negate(e.X)
		m.negate(e.Y)
		return
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		m.wrap(e, "opposite", "(mutOn(%d) != (", "))")
	}
	h, ok := helpers[e.Op]
	if !ok || isText(e.X) || isText(e.Y) || isLiteral(e.X) && isLiteral(e.Y) {
		return
	}
	if m.wrap(e, h.change, h.function+"(%d, ", ")") {
		m.instead[operator] = replacement{len(e.Op.String()), ", "}
	}
}

// isText reports whether an expression is, or ends with, a text: messages are not for mutants.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return isText(e.X) || isText(e.Y)
	}
	return false
}

func isLiteral(e ast.Expr) bool {
	_, ok := e.(*ast.BasicLit)
	return ok
}

// negate turns a condition round that is no comparison: those are turned round as such.
func (m *mutator) negate(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		m.negate(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			m.negate(e.X)
		}
	case *ast.Ident, *ast.SelectorExpr, *ast.CallExpr, *ast.IndexExpr:
		m.wrap(e, "opposite", "(mutOn(%d) != (", "))")
	}
}

// wrap notes a mutant, unless it was dropped, and puts its switch before and behind a node.
func (m *mutator) wrap(n ast.Node, change, before, behind string) bool {
	m.next++
	if m.dropped[m.next] {
		return false
	}
	within := "(package)"
	for _, outer := range m.stack {
		if f, ok := outer.(*ast.FuncDecl); ok {
			within = f.Name.Name
			if f.Recv != nil && len(f.Recv.List) == 1 {
				within = strings.TrimPrefix(m.text(f.Recv.List[0].Type), "*") + "." + within
			}
		}
	}
	m.mutants = append(m.mutants, mutant{
		id: m.next, file: m.name, line: m.file.Line(n.Pos()), end: m.file.Line(n.End()), within: within,
		change: change,
		text:   strings.Join(strings.Fields(m.text(n)), " "),
	})
	begin, end := m.file.Offset(n.Pos()), m.file.Offset(n.End())
	m.begins[begin] += fmt.Sprintf(before, m.next)
	m.ends[end] = behind + m.ends[end]
	return true
}

func (m *mutator) text(n ast.Node) string {
	return string(m.src[m.file.Offset(n.Pos()):m.file.Offset(n.End())])
}

func (m *mutator) render() []byte {
	var out strings.Builder
	from := 0
	offsets := slices.Concat(slices.Collect(maps.Keys(m.begins)), slices.Collect(maps.Keys(m.ends)),
		slices.Collect(maps.Keys(m.instead)))
	slices.SortFunc(offsets, cmp.Compare)
	for _, at := range slices.Compact(offsets) {
		out.Write(m.src[from:at])
		out.WriteString(m.ends[at] + m.begins[at] + m.instead[at].text)
		from = at + m.instead[at].length
	}
	out.Write(m.src[from:])
	return []byte(out.String())
}
