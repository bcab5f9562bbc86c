package manual

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestJSONFields holds that the manual names each field and each schema that the program prints. They are read from its
// source, so that those which only show now and then are found too.
func TestJSONFields(t *testing.T) {
	fields := map[string]string{} // each with where it is written
	for _, dir := range []string{"../report", "../plan", "../app"} {
		paths, err := filepath.Glob(dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			// What one process tells another is no output, and the columns of CSV stand in its first line.
			name := filepath.Base(path)
			if strings.HasSuffix(path, "_test.go") || name == "snapshot.go" || name == "files.go" {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if _, isCall := n.(*ast.CallExpr); isCall && dir == "../app" {
					return true // what is appended there are no fields
				}
				for _, name := range jsonNames(n) {
					fields[name] = path
				}
				return true
			})
		}
	}
	if len(fields) < 250 {
		t.Errorf("only %d fields were found", len(fields))
	}
	text, _ := Lookup("json")
	for name, path := range fields {
		if !strings.Contains(text.Text, "`"+name+"`") {
			t.Errorf("the topic json lacks `%s` (%s)", name, path)
		}
	}
}

// jsonNames are the names of fields that a piece of source writes: of the tags of a struct, of an object of package
// report, which is names and values by turns, and of what is put into a map with a schema.
func jsonNames(n ast.Node) (names []string) {
	literal := func(e ast.Expr) {
		if text, ok := e.(*ast.BasicLit); ok && text.Kind == token.STRING {
			name, _ := strconv.Unquote(text.Value)
			names = append(names, name)
		}
	}
	switch n := n.(type) {
	case *ast.Field:
		if n.Tag != nil {
			tag, _ := strconv.Unquote(n.Tag.Value)
			name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
			names = append(names, name)
		}
	case *ast.CompositeLit:
		kind, _ := n.Type.(*ast.Ident)
		if kind != nil && kind.Name == "object" {
			for pair := range slices.Chunk(n.Elts, 2) {
				literal(pair[0])
			}
		}
		if of, ok := n.Type.(*ast.MapType); ok && isAny(of) {
			for _, each := range n.Elts {
				literal(each.(*ast.KeyValueExpr).Key)
			}
		}
	case *ast.CallExpr:
		called, _ := n.Fun.(*ast.Ident)
		if called != nil && called.Name == "append" && len(n.Args) > 2 && len(n.Args)%2 == 1 {
			for pair := range slices.Chunk(n.Args[1:], 2) {
				literal(pair[0])
			}
		}
	case *ast.AssignStmt:
		for _, to := range n.Lhs {
			if place, ok := to.(*ast.IndexExpr); ok {
				literal(place.Index)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" || name == "-" })
}

// isAny reports whether a map has values of any kind under names.
func isAny(of *ast.MapType) bool {
	value, ok := of.Value.(*ast.Ident)
	return ok && value.Name == "any"
}
