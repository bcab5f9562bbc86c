// Command compare lets three programs do the same job against fresh copies of the same stand-ins, and prints
// side by side what each took and what came of it:
//
//	go run ./sync/compare
//
// They are the vendor's workflow in shape (sync/compare/workflow), a poller as a careful engineer writes it
// in a day (sync/compare/careful), and acsync, built from this checkout, as cron runs it. The worlds are a
// calm one and some in which things go wrong, one by one and all at once. What came of it is judged by what
// Agent Connect has received, against what the stand-ins know to be marked done. The stand-ins run in this
// process: nothing of theirs counts.
//
// Nothing here is part of acsync: no package imports it, and no release holds it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"acsync/sync/measure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "compare:", err)
		stop()
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	amount    int
	seed      uint64
	perMinute int
	worlds    []string // names; empty: all
	acsync    string   // a ready program; empty: it is built
	before    string   // an older one to be measured as well; empty: none
	json      bool
}

func parse(arguments []string, stderr io.Writer) (settings, error) {
	var s settings
	var chosen string
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.amount, "conversations", 3000, "how many are marked done at the beginning of each world")
	flags.Uint64Var(&s.seed, "seed", 1, "of the stand-ins and of what goes wrong")
	flags.IntVar(&s.perMinute, "per-minute", 30_000, "requests a minute permitted to each service")
	flags.StringVar(&chosen, "worlds", "", "`names` of worlds, divided by commas; none: each of them, which are "+worldNames())
	flags.StringVar(&s.acsync, "acsync", "", "a ready `program` in place of the one built from this checkout")
	flags.StringVar(&s.before, "before", "", "an older `program` of acsync to be measured as well")
	flags.BoolVar(&s.json, "json", false, "print JSON")
	if err := flags.Parse(arguments); err != nil {
		return s, err
	}
	if chosen != "" {
		s.worlds = strings.Split(chosen, ",")
	}
	for _, name := range s.worlds {
		if !slices.ContainsFunc(worlds, func(w world) bool { return w.name == name }) {
			return s, fmt.Errorf("there is no world %q; there are %s", name, worldNames())
		}
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("nothing is known of %q; give flags alone", flags.Arg(0))
	case s.amount < 100 || s.amount > 50_000:
		return s, errors.New("-conversations must lie between 100 and 50000")
	case s.perMinute < 1 || s.perMinute > 100_000:
		return s, errors.New("-per-minute must lie between 1 and 100000")
	}
	return s, nil
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	s, err := parse(arguments, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := s.build(ctx, dir)
	if err != nil {
		return err
	}
	var all []result
	for _, w := range worlds {
		if len(s.worlds) > 0 && !slices.Contains(s.worlds, w.name) {
			continue
		}
		for _, p := range programs {
			fmt.Fprintf(stderr, "%s: %s\n", w.name, p.name)
			r, err := play(ctx, s, w, p, dir)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", w.name, p.name, err)
			}
			all = append(all, r)
		}
	}
	if s.json {
		return json.NewEncoder(stdout).Encode(map[string]any{
			"schema": "acsync.compare/1", "conversations": s.amount, "seed": s.seed, "per_minute": s.perMinute,
			"results": all,
		})
	}
	return show(stdout, s, all)
}

// program is one of those compared.
type program struct {
	name string
	make func(place) contestant
}

// build makes the programs that are compared.
func (s settings) build(ctx context.Context, dir string) ([]program, error) {
	ready, older := s.acsync, s.before
	for _, path := range []*string{&ready, &older} {
		if *path != "" {
			// Each runs in a directory of its own.
			var err error
			if *path, err = filepath.Abs(*path); err == nil {
				*path, err = exec.LookPath(*path)
			}
			if err != nil {
				return nil, fmt.Errorf("a program to compare with cannot be run: %w", err)
			}
		}
	}
	packages := []string{"acsync/sync/compare/workflow", "acsync/sync/compare/careful"}
	if s.acsync == "" {
		packages = append(packages, "acsync")
	}
	built, err := measure.Build(ctx, dir, packages...)
	if err != nil {
		return nil, err
	}
	if ready == "" {
		ready = built[2]
	}
	programs := []program{
		{"workflow", func(p place) contestant { return &workflow{place: p, path: built[0]} }},
		{"careful", func(p place) contestant { return &careful{place: p, path: built[1]} }},
	}
	if older != "" {
		before := func(p place) contestant { return newCron(p, older) }
		programs = append(programs, program{"acsync before", before})
	}
	return append(programs, program{"acsync", func(p place) contestant { return newCron(p, ready) }}), nil
}
