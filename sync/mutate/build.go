package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed switch.go.txt
var switchSource string

// build is a package with all its mutants in it.
type build struct {
	dir     string
	files   []string
	temp    string
	mutants []mutant
	dropped map[int]bool // do not compile
	overlay string
}

// compile makes the test binary of a package. What does not compile is left out, by the line.
func (b *build) compile(ctx context.Context, dir, binary string) error {
	for {
		if err := b.write(); err != nil {
			return err
		}
		args := []string{
			"test", "-c", "-vet=off", "-gcflags=" + "./" + filepath.Clean(b.dir) + "=-e", "-overlay=" + b.overlay,
			"-o", binary, "./" + filepath.Clean(dir),
		}
		out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
		if err == nil {
			return nil
		}
		if !b.drop(out) {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
}

var compilerLine = regexp.MustCompile(`(?m)^(\S+\.go):(\d+):`)

// drop drops the mutants in the lines that the compiler complains about; false if there are none.
func (b *build) drop(out []byte) (any bool) {
	for _, found := range compilerLine.FindAllSubmatch(bytes.TrimSpace(out), -1) {
		line, _ := strconv.Atoi(string(found[2]))
		for _, m := range b.mutants {
			if filepath.Base(m.file) == filepath.Base(string(found[1])) && m.line == line {
				b.dropped[m.id], any = true, true
			}
		}
	}
	return any
}

// write writes the files with their mutants, and the overlay that has the compiler take them.
func (b *build) write() error {
	b.mutants = nil
	replace, last, name := map[string]string{}, 0, ""
	for i, file := range b.files {
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		out, mutants, next, err := mutate(file, src, last, b.dropped)
		if err != nil {
			return err
		}
		last, b.mutants = next, append(b.mutants, mutants...)
		tree, err := parser.ParseFile(token.NewFileSet(), file, src, parser.PackageClauseOnly)
		if err != nil {
			return err
		}
		name = tree.Name.Name
		if err := b.replace(replace, file, fmt.Sprintf("%d.go", i), out); err != nil {
			return err
		}
	}
	source := strings.NewReplacer("PACKAGE", name, "COUNT", strconv.Itoa(last)).Replace(switchSource)
	if err := b.replace(replace, filepath.Join(b.dir, "mutants.go"), "switch.go", []byte(source)); err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	b.overlay = filepath.Join(b.temp, "overlay.json")
	return os.WriteFile(b.overlay, overlay, 0o600)
}

func (b *build) replace(replace map[string]string, file, as string, content []byte) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	replace[path] = filepath.Join(b.temp, as)
	return os.WriteFile(replace[path], content, 0o600)
}
