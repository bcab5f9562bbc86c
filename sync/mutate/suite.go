package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// suite is a test binary that has the mutants of a package in it.
type suite struct {
	binary   string
	dir      string
	temp     string
	patience time.Duration // for a mutant, besides the time that its tests take
	tests    []test        // the quickest first
}

// test is one test, run without a mutant.
type test struct {
	name    string
	took    time.Duration
	reaches map[int]bool // mutants
}

// newSuite compiles the tests of a package with the mutants in it, and runs them one by one, without a
// mutant. A package without tests has an empty suite.
func newSuite(ctx context.Context, b *build, dir string, skip *regexp.Regexp) (suite, error) {
	s := suite{dir: dir, temp: b.temp, patience: 10 * time.Second}
	s.binary = filepath.Join(b.temp, strings.ReplaceAll(dir, string(filepath.Separator), "_")+".test")
	if err := b.compile(ctx, dir, s.binary); err != nil {
		return s, err
	}
	if _, err := os.Stat(s.binary); errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	var list bytes.Buffer
	if err := s.run(ctx, &list, 0, "", "-test.list=^(Test|Fuzz|Example)"); err != nil {
		return s, fmt.Errorf("%w\n%s", err, list.Bytes())
	}
	for _, name := range strings.Fields(list.String()) {
		if skip != nil && skip.MatchString(name) {
			continue
		}
		t, err := s.trace(ctx, name)
		if err != nil {
			return s, err
		}
		s.tests = append(s.tests, t)
	}
	slices.SortStableFunc(s.tests, func(a, b test) int { return cmp.Compare(a.took, b.took) })
	return s, nil
}

// judge returns the mutants that the suite lets live, and tells of each mutant whether it lives as soon as
// that is known. The first error ends it.
func (s suite) judge(
	ctx context.Context, mutants []mutant, atOnce int, judged func(m mutant, lives bool),
) (living []mutant, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(atOnce, 1))
	var mu sync.Mutex
	for _, m := range mutants {
		group.Go(func() error {
			passed, err := s.passes(ctx, m.id)
			if err != nil {
				return fmt.Errorf("%s: nothing can be said of it: %w", m.name(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			if passed {
				living = append(living, m)
			}
			judged(m, passed)
			return nil
		})
	}
	err = group.Wait()
	return living, err
}

// trace runs a test and notes which mutants it reaches.
func (s suite) trace(ctx context.Context, name string) (test, error) {
	t, begin, file := test{name: name, reaches: map[int]bool{}}, time.Now(), s.binary+"."+name
	var out bytes.Buffer
	if err := s.run(ctx, &out, 0, file, only(t)); err != nil {
		return t, fmt.Errorf("%s fails without a mutant: %w\n%s", name, err, out.Bytes())
	}
	t.took = time.Since(begin)
	seen, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return t, err
	}
	for _, id := range strings.Fields(string(seen)) {
		if n, err := strconv.Atoi(id); err == nil {
			t.reaches[n] = true
		}
	}
	return t, nil
}

// passes reports whether the tests that reach a mutant pass with it. A few quick ones find most of what is
// found. That they could not be run to their end says nothing of the mutant, and is an error.
func (s suite) passes(ctx context.Context, id int) (bool, error) {
	var reaching []test
	for _, t := range s.tests {
		if t.reaches[id] {
			reaching = append(reaching, t)
		}
	}
	for some := 8; len(reaching) > 0; some *= 2 {
		now := reaching[:min(some, len(reaching))]
		reaching = reaching[len(now):]
		most := s.patience
		for _, t := range now {
			most += 5 * t.took
		}
		limited, cancel := context.WithTimeout(ctx, most)
		err := s.run(limited, nil, id, "", only(now...))
		late := limited.Err() != nil
		cancel()
		var exit *exec.ExitError
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err == nil:
		// A loop without end is told by its time, and a test that fails by how it exits. A signal comes from
		// outside.
		case late, errors.As(err, &exit) && exit.ExitCode() > 0:
			return false, nil
		default:
			return false, fmt.Errorf("the tests of %s: %w", s.dir, err)
		}
	}
	return true, nil
}

func (s suite) reaches(id int) bool {
	return slices.ContainsFunc(s.tests, func(t test) bool { return t.reaches[id] })
}

// only is the argument that has some tests run and no others.
func only(tests ...test) string {
	names := make([]string, len(tests))
	for i, t := range tests {
		names[i] = t.name
	}
	return "-test.run=^(" + strings.Join(names, "|") + ")$"
}

// run runs the test binary, with a mutant or with none (0). What it leaves in its temporary folder is
// removed, also if it was killed.
func (s suite) run(ctx context.Context, out io.Writer, mutant int, trace string, args ...string) error {
	temp, err := os.MkdirTemp(s.temp, "run")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	c := exec.CommandContext(ctx, s.binary, append(args, "-test.short", "-test.failfast")...)
	c.Dir, c.Stdout, c.Stderr, c.WaitDelay = s.dir, out, out, time.Second
	c.Env = append(os.Environ(), "MUTANT="+strconv.Itoa(mutant), "MUTANT_TRACE="+trace, "TMPDIR="+temp,
		// What fails with a mutant is no example for later tests of the program.
		"RAPID_NOFAILFILE=1")
	return c.Run()
}
