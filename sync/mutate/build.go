package main

import (
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
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed switch.go.txt
var switchSource string

// build is a package with all its mutants in it.
type build struct {
	dir     string
	files   []string
	temp    string
	mutants []mutant
	dropped map[int]bool      // do not compile
	copies  map[string]string // the files with mutants, by the file
	overlay string
}

// compile makes the test binary of a package. What does not compile is left out, by the line.
func (b *build) compile(ctx context.Context, dir, binary string) error {
	for {
		if err := b.write(); err != nil {
			return err
		}
		args := []string{
			"test", "-c", "-vet=off", "-gcflags=" + "./" + b.dir + "=-e", "-overlay=" + b.overlay,
			"-o", binary, "./" + dir,
		}
		c := exec.CommandContext(ctx, "go", args...)
		// Interrupted, the go command waits for its compilers, which would write into what is being removed.
		c.Cancel, c.WaitDelay = func() error { return c.Process.Signal(os.Interrupt) }, 10*time.Second
		c.Env = append(os.Environ(), "TMPDIR="+b.temp)
		out, err := c.CombinedOutput()
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
	for _, found := range compilerLine.FindAllSubmatch(out, -1) {
		file := filepath.Base(string(found[1]))
		line, _ := strconv.Atoi(string(found[2]))
		in := func(m mutant) bool {
			return filepath.Base(b.copies[m.file]) == file && m.line <= line && line <= m.end
		}
		begins := func(m mutant) bool { return in(m) && m.line == line }
		if slices.ContainsFunc(b.mutants, begins) {
			in = begins
		}
		for _, m := range b.mutants {
			if in(m) {
				b.dropped[m.id], any = true, true
			}
		}
	}
	return any
}

// write writes the files with their mutants, and the overlay that has the compiler take them.
func (b *build) write() error {
	b.mutants, b.copies = nil, map[string]string{}
	last, name := 0, ""
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
		if err := b.replace(file, fmt.Sprintf("%d.go", i), out); err != nil {
			return err
		}
	}
	source := strings.NewReplacer("PACKAGE", name, "COUNT", strconv.Itoa(last)).Replace(switchSource)
	if err := b.replace(filepath.Join(b.dir, "mutants.go"), "switch.go", []byte(source)); err != nil {
		return err
	}
	replace := map[string]string{}
	for file, as := range b.copies {
		path, err := filepath.Abs(file)
		if err != nil {
			return err
		}
		replace[path] = as
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	b.overlay = filepath.Join(b.temp, "overlay.json")
	return os.WriteFile(b.overlay, overlay, 0o600)
}

func (b *build) replace(file, as string, content []byte) error {
	b.copies[file] = filepath.Join(b.temp, as)
	return os.WriteFile(b.copies[file], content, 0o600)
}
