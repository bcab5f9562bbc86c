package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// plan is how easy a package is to find one's way in. The numbers may only go down.
type plan struct {
	away int // methods that stand in another file than their type, in percent, rounded down
	knot int // files of the largest set in which each uses each of the others, directly or through them
}

// plans are the packages that are not yet as they should be: no more than 5 % of the methods away, and no knot of more
// than 4 files.
var plans = map[string]plan{}

// TestPlan holds that methods stand with their types, that no type has methods in more than two files, and that
// files do not grow into knots.
func TestPlan(t *testing.T) {
	checker := newChecker(t)
	for _, p := range packages(t) {
		files, info := checker.check(t, p)
		got := plan{away: away(files), knot: largestKnot(files, info)}
		limit := plan{5, 4}
		if stands, ok := plans[p.ImportPath]; ok {
			limit = plan{max(limit.away, stands.away), max(limit.knot, stands.knot)}
			if got.away < stands.away && stands.away > 5 || got.knot < stands.knot && stands.knot > 4 {
				t.Errorf("%s is better than plans says: write down %+v", p.ImportPath, got)
			}
		}
		if got.away > limit.away {
			t.Errorf("%s: %d %% of the methods stand in another file than their type, allowed are %d %%",
				p.ImportPath, got.away, limit.away)
		}
		if got.knot > limit.knot {
			t.Errorf("%s: %d files are one knot, allowed are %d", p.ImportPath, got.knot, limit.knot)
		}
	}
}

// checker checks the types of packages, with what the compiler has exported of those that they import.
type checker struct {
	fset    *token.FileSet
	imports types.Importer
}

func newChecker(t *testing.T) checker {
	t.Helper()
	out, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct{ ImportPath, Export string }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exported[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	return checker{fset, importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exported[path])
	})}
}

func (c checker) check(t *testing.T, p goPackage) ([]*ast.File, *types.Info) {
	t.Helper()
	var files []*ast.File
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: c.imports}
	if _, err := config.Check(p.ImportPath, c.fset, files, info); err != nil {
		t.Fatal(err)
	}
	return files, info
}

// away is the share of methods that stand in another file than their type, in percent.
func away(files []*ast.File) int {
	home := map[string]*ast.File{}
	for _, file := range files {
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok {
				for _, spec := range group.Specs {
					if named, ok := spec.(*ast.TypeSpec); ok {
						home[named.Name.Name] = file
					}
				}
			}
		}
	}
	methods, away := 0, 0
	for _, file := range files {
		for _, decl := range file.Decls {
			if method, ok := decl.(*ast.FuncDecl); ok && method.Recv != nil {
				methods++
				if home[receiver(method.Recv.List[0].Type)] != file {
					away++
				}
			}
		}
	}
	return 100 * away / max(methods, 1)
}

// receiver is the name of the type that a method has.
func receiver(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// largestKnot is the number of files of the largest set in which each uses each of the others, directly or through
// them.
func largestKnot(files []*ast.File, info *types.Info) int {
	reaches := make([][]bool, len(files))
	fileOf := func(pos token.Pos) int {
		return slices.IndexFunc(files, func(f *ast.File) bool { return f.FileStart <= pos && pos < f.FileEnd })
	}
	for i := range files {
		reaches[i] = make([]bool, len(files))
		reaches[i][i] = true
	}
	for used, object := range info.Uses {
		if from, to := fileOf(used.Pos()), fileOf(object.Pos()); from >= 0 && to >= 0 {
			reaches[from][to] = true
		}
	}
	for via := range files {
		for from := range files {
			for to := range files {
				reaches[from][to] = reaches[from][to] || reaches[from][via] && reaches[via][to]
			}
		}
	}
	largest := 0
	for i := range files {
		knot := 0
		for j := range files {
			if reaches[i][j] && reaches[j][i] {
				knot++
			}
		}
		largest = max(largest, knot)
	}
	return largest
}
