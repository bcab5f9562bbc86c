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

const (
	mostAway = 5 // methods of a package in another file than their type, in percent
	mostKnot = 4 // files of a package in the largest set in which each uses each of the others
)

// TestHouse holds that methods stand with their types, that no type has methods in more than two files, and that
// files do not grow into knots.
func TestHouse(t *testing.T) {
	checker := newChecker(t)
	for _, p := range packages(t) {
		files, info := checker.check(t, p)
		share, scattered := away(files)
		if share > mostAway {
			t.Errorf("%s: %d %% of the methods stand in another file than their type, allowed are %d %%",
				p.ImportPath, share, mostAway)
		}
		for _, name := range scattered {
			t.Errorf("%s: %s has methods in more than two files", p.ImportPath, name)
		}
		if knot := largestKnot(files, info); knot > mostKnot {
			t.Errorf("%s: %d files are one knot, allowed are %d", p.ImportPath, knot, mostKnot)
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

// away is the share of methods that stand in another file than their type, in percent, and the types that have methods
// in more than two files.
func away(files []*ast.File) (percent int, scattered []string) {
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
	rooms := map[string]map[*ast.File]bool{}
	for _, file := range files {
		for _, decl := range file.Decls {
			if method, ok := decl.(*ast.FuncDecl); ok && method.Recv != nil {
				methods++
				name := receiver(method.Recv.List[0].Type)
				if home[name] != file {
					away++
				}
				if rooms[name] == nil {
					rooms[name] = map[*ast.File]bool{}
				}
				rooms[name][file] = true
			}
		}
	}
	for name, in := range rooms {
		if len(in) > 2 {
			scattered = append(scattered, name)
		}
	}
	return 100 * away / max(methods, 1), scattered
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
