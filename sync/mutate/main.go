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
// anything else lives, the command ends with 1. It ends with 2 if it could not find out.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

//go:embed explained.txt
var explained string

const usage = `usage: go run ./sync/mutate [flags] folder|file.go ...
Changes one thing after another in packages or single files, and shows each change that no test notices, as

  file: function change: what is changed<tab># line

The changes:
  opposite                 a condition, a comparison or a result that is a bool is turned round
  <  <=  >  >=  &&  ||     an operator becomes this one
  without the right side   of a sum, difference, product or quotient only the left side is taken
  left out                 a statement is not executed
  zero                     a function returns zero values at this return

"(no test comes by)" stands where not even the line is executed: a test is missing. Elsewhere tests come by
and do not look. Changes that nobody can notice belong, with the reason, in sync/mutate/explained.txt, and are
not shown.

Ends with 0 if all others are noticed, with 1 if not, with 2 if that could not be found out.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends it at once.
	context.AfterFunc(ctx, stop)
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs the program and returns how it exits.
func command(ctx context.Context, args []string, out, progress io.Writer) int {
	alive, err := 0, error(nil)
	o, args, err := parse(args, progress)
	if err == nil {
		alive, err = run(ctx, args, o, out, progress)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		// Ctrl-C is for the tests as well, and may end them before it comes here.
		select {
		case <-ctx.Done():
			err = errors.New("interrupted: what was not shown until here is not known")
		case <-time.After(200 * time.Millisecond):
		}
		fmt.Fprintln(progress, "mutate:", err)
		return 2
	case alive > 0:
		return 1
	}
	return 0
}

type options struct {
	then   []string
	skip   *regexp.Regexp // nil: none
	atOnce int
}

// parse returns the options, and the arguments behind them.
func parse(args []string, help io.Writer) (o options, rest []string, err error) {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	then := flags.String("then", "sync",
		"`folders` of the packages whose tests judge what their own let live, with commas")
	flags.IntVar(&o.atOnce, "p", runtime.NumCPU(), "how many mutants are judged at once")
	flags.Func("skip", "tests of -then to leave out, a `regexp` of their names", func(s string) (err error) {
		if s != "" {
			o.skip, err = regexp.Compile(s)
		}
		return err
	})
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, usage)
		flags.SetOutput(help)
		flags.PrintDefaults()
		return o, nil, err
	} else if err != nil {
		return o, nil, fmt.Errorf("%w (-h tells more)", err)
	}
	for _, dir := range strings.Split(*then, ",") {
		if dir != "" {
			o.then = append(o.then, dir)
		}
	}
	return o, flags.Args(), nil
}

// run judges the mutants of each package and returns how many live without an explanation.
func run(ctx context.Context, args []string, o options, out, progress io.Writer) (alive int, err error) {
	m, err := findModule()
	if err != nil {
		return 0, err
	}
	targets, err := m.targets(args)
	if err != nil {
		return 0, err
	}
	for i, then := range o.then {
		path, info, err := m.find(then)
		if err == nil && !info.IsDir() {
			err = errors.New("name the folder of a package")
		}
		if err != nil {
			return 0, fmt.Errorf("-then %q: %w", then, err)
		}
		o.then[i] = path
	}
	known := explanations(explained)
	all, accepted := 0, 0
	for _, dir := range slices.Sorted(maps.Keys(targets)) {
		count, err := judgeAll(ctx, dir, targets[dir], o, out, progress, func(m mutant) {
			if known[m.name()] {
				accepted++
				return
			}
			alive++
			reach := ""
			if m.unreached {
				reach = " (no test comes by)"
			}
			fmt.Fprintf(out, "%s\t# line %d%s\n", m.name(), m.line, reach)
		})
		if err != nil {
			return alive, fmt.Errorf("%s: %w", dir, err)
		}
		all += count
	}
	if all == 0 {
		return 0, errors.New("no change of these files compiles: name others")
	}
	fmt.Fprintln(out, closing(all, accepted, alive))
	return alive, nil
}

// closing sums up: of all mutants, so many are alive and explained, or not.
func closing(all, accepted, alive int) string {
	parts := []string{fmt.Sprintf("%d noticed", all-accepted-alive)}
	if accepted > 0 {
		parts = append(parts, fmt.Sprintf("%d explained", accepted))
	}
	switch {
	case alive == 1:
		parts = append(parts, "1 lives (test it, or explain it in sync/mutate/explained.txt)")
	case alive > 1:
		live := fmt.Sprintf("%d live (test them, or explain them in sync/mutate/explained.txt)", alive)
		parts = append(parts, live)
	}
	noun := "mutants"
	if all == 1 {
		noun = "mutant"
	}
	return fmt.Sprintf("%d %s: %s", all, noun, strings.Join(parts, ", "))
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

// judgeAll tells of the mutants of some files of a package that its tests, and those of o.then, let live, and
// returns how many there are.
func judgeAll(
	ctx context.Context, dir string, files []string, o options, out, progress io.Writer, lives func(mutant),
) (count int, err error) {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	b := &build{dir: dir, files: files, temp: temp, dropped: map[int]bool{}}
	judges := []string{dir}
	for _, then := range o.then {
		if !slices.Contains(judges, then) {
			judges = append(judges, then)
		}
	}
	var rest []mutant
	reached := map[int]bool{}
	for i, by := range judges {
		var skip *regexp.Regexp
		if i > 0 {
			if len(rest) == 0 {
				break
			}
			skip = o.skip
		}
		fmt.Fprintf(progress, "%s: compiling the tests of %s, and running each without a change\n", dir, by)
		suite, err := newSuite(ctx, b, by, skip)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			rest = b.mutants
		}
		before, done, told := len(rest), 0, time.Now()
		fmt.Fprintf(progress, "%s: judging %d mutants by %d tests of %s\n", dir, before, len(suite.tests), by)
		rest, err = suite.judge(ctx, rest, o.atOnce, func(m mutant, passed bool) {
			m.unreached = !reached[m.id] && !suite.reaches(m.id)
			if passed && i == len(judges)-1 {
				lives(m)
			}
			if done++; time.Since(told) > 20*time.Second {
				told = time.Now()
				fmt.Fprintf(progress, "%s: %d of %d judged\n", dir, done, before)
			}
		})
		if err != nil {
			return 0, err
		}
		for _, m := range rest {
			reached[m.id] = reached[m.id] || suite.reaches(m.id)
		}
		noticed := before - len(rest)
		fmt.Fprintf(out, "# %s by the tests of %s: %d mutants, %d noticed\n", dir, by, before, noticed)
	}
	return len(b.mutants), nil
}
