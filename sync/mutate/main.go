// Command mutate asks whether the tests would notice if the program were wrong: it changes one thing after another
// ("mutants": < to <=, a condition to its opposite, && to ||, a statement or the right side of a sum left out,
// zero values returned), and runs the tests on each.
//
//	go run ./sync/mutate sync/decide sync/deliver/outcome.go
//
// tries the files of a package, or single ones. A mutant is judged by the tests of its own package first; what they
// let live is judged by those of the engine (-then). All mutants of a package are compiled into one test binary, in
// which an environment variable chooses one, so that each costs the tests that reach it, and no build.
//
// What lives and stands in the list of explained ones (explained.txt beside this file) is not shown; if anything
// else lives, the command ends with 1.
package main

import (
	"cmp"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

//go:embed explained.txt
var explained string

func main() {
	log.SetFlags(0)
	then := flag.String("then", "sync", "folders of the packages whose tests judge what lives, with commas")
	at := flag.Int("p", runtime.NumCPU(), "how many mutants are judged at once")
	skip := flag.String("skip", "^$", "tests of -then to leave out (a regular expression, as -skip of go test)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	alive, err := run(ctx, flag.Args(), options{then: *then, skip: regexp.MustCompile(*skip), atOnce: *at})
	switch {
	case err != nil:
		log.Fatal(err)
	case alive > 0:
		stop()
		os.Exit(1)
	}
}

type options struct {
	then   string
	skip   *regexp.Regexp
	atOnce int
}

// run judges the mutants of each package and returns how many live without an explanation.
func run(ctx context.Context, args []string, o options) (alive int, err error) {
	packages := map[string][]string{} // files by folder
	for _, arg := range args {
		files := []string{arg}
		if !strings.HasSuffix(arg, ".go") {
			if files, err = filepath.Glob(filepath.Join(arg, "*.go")); err != nil {
				return 0, err
			}
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				dir := filepath.Dir(file)
				packages[dir] = append(packages[dir], file)
			}
		}
	}
	known := explanations(explained)
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		living, err := judgeAll(ctx, dir, packages[dir], o)
		if err != nil {
			return alive, fmt.Errorf("%s: %w", dir, err)
		}
		for _, m := range living {
			if known[m.name()] {
				continue
			}
			alive++
			reach := ""
			if m.unreached {
				reach = " (no test comes by)"
			}
			fmt.Printf("%s\t# line %d%s\n", m.name(), m.line, reach)
		}
	}
	return alive, nil
}

// explanations are the names of the mutants in a list; what begins with # or a blank says why those above it live.
func explanations(list string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(list) {
		if name := strings.TrimSpace(line); name != "" && strings.Trim(line[:1], "# ") != "" {
			names[name] = true
		}
	}
	return names
}

// judgeAll returns the mutants of some files of a package that its tests, and those of o.then, let live.
func judgeAll(ctx context.Context, dir string, files []string, o options) ([]mutant, error) {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	b := &build{dir: dir, files: files, temp: temp, dropped: map[int]bool{}}
	judges := []string{dir}
	for _, then := range strings.Split(o.then, ",") {
		if then != "" && filepath.Clean(then) != filepath.Clean(dir) {
			judges = append(judges, then)
		}
	}
	var living []mutant
	reached := func(int) bool { return false }
	for i, by := range judges {
		suite, err := newSuite(ctx, b, by, o.skip)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			living = b.mutants
		}
		before := len(living)
		earlier := reached
		reached = func(id int) bool { return earlier(id) || suite.reaches(id) }
		if living, err = suite.judge(ctx, living, o.atOnce); err != nil {
			return nil, err
		}
		fmt.Printf("# %s by the tests of %s: %d mutants, %d killed\n", dir, by, before, before-len(living))
	}
	for i := range living {
		living[i].unreached = !reached(living[i].id)
	}
	slices.SortFunc(living, func(a, b mutant) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.id, b.id))
	})
	return living, nil
}
