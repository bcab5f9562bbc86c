// Command mutate asks whether the tests would notice if the program were wrong: it changes one thing after
// another ("mutants": < to <=, a condition to its opposite, && to ||, a statement or the right side of a sum
// left out, zero values returned), and runs the tests on each.
//
//	go run ./sync/mutate sync/decide sync/deliver/outcome.go
//
// tries the files of a package, or single ones. A mutant is judged by the tests of its own package first;
// what they let live is judged by those of the engine (-then). All mutants of a package are compiled into one
// test binary, in which an environment variable chooses one, so that each costs the tests that reach it, and
// no build.
//
// What lives and stands in the list of explained ones (explained.txt beside this file) is not shown; if
// anything else lives, the command ends with 1.
package main

import (
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
		err := judgeAll(ctx, dir, packages[dir], o, func(m mutant) {
			if known[m.name()] {
				return
			}
			alive++
			reach := ""
			if m.unreached {
				reach = " (no test comes by)"
			}
			fmt.Printf("%s\t# line %d%s\n", m.name(), m.line, reach)
		})
		if err != nil {
			return alive, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return alive, nil
}

// explanations are the names of the mutants in a list; what begins with # or a blank says why those above it
// live.
func explanations(list string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(list) {
		if name := strings.TrimSpace(line); name != "" && strings.Trim(line[:1], "# ") != "" {
			names[name] = true
		}
	}
	return names
}

// judgeAll tells of the mutants of some files of a package that its tests, and those of o.then, let live.
func judgeAll(ctx context.Context, dir string, files []string, o options, lives func(mutant)) error {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	b := &build{dir: dir, files: files, temp: temp, dropped: map[int]bool{}}
	judges := []string{dir}
	for _, then := range strings.Split(o.then, ",") {
		if then != "" && filepath.Clean(then) != filepath.Clean(dir) {
			judges = append(judges, then)
		}
	}
	var rest []mutant
	reached := map[int]bool{}
	for i, by := range judges {
		suite, err := newSuite(ctx, b, by, o.skip)
		if err != nil {
			return err
		}
		if i == 0 {
			rest = b.mutants
		}
		tell := func(mutant) {}
		if i == len(judges)-1 {
			tell = lives
		}
		before := len(rest)
		rest, err = suite.judge(ctx, rest, o.atOnce, func(m mutant) {
			m.unreached = !reached[m.id] && !suite.reaches(m.id)
			tell(m)
		})
		if err != nil {
			return err
		}
		for _, m := range rest {
			reached[m.id] = reached[m.id] || suite.reaches(m.id)
		}
		fmt.Printf("# %s by the tests of %s: %d mutants, %d killed\n", dir, by, before, before-len(rest))
	}
	return nil
}
