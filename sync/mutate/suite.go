package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	binary string
	dir    string
	tests  []test // the quickest first
}

// test is one test, run without a mutant.
type test struct {
	name    string
	took    time.Duration
	reaches map[int]bool // mutants
}

// newSuite compiles the tests of a package with the mutants in it, and runs them one by one, without a
// mutant.
func newSuite(ctx context.Context, b *build, dir string, skip *regexp.Regexp) (suite, error) {
	name := strings.ReplaceAll(filepath.Clean(dir), "/", "_") + ".test"
	s := suite{dir: dir, binary: filepath.Join(b.temp, name)}
	if err := b.compile(ctx, dir, s.binary); err != nil {
		return s, err
	}
	list, err := s.command(ctx, "", "-test.list=^(Test|Fuzz|Example)").Output()
	if err != nil {
		return s, err
	}
	for _, name := range strings.Fields(string(list)) {
		if skip.MatchString(name) {
			continue
		}
		t, err := s.trace(ctx, name, filepath.Join(b.temp, name))
		if err != nil {
			return s, err
		}
		s.tests = append(s.tests, t)
	}
	slices.SortStableFunc(s.tests, func(a, b test) int { return cmp.Compare(a.took, b.took) })
	return s, nil
}

// judge returns the mutants that the suite lets live, and tells of each as soon as that is known.
func (s suite) judge(
	ctx context.Context, mutants []mutant, atOnce int, lives func(mutant),
) (living []mutant, err error) {
	var group errgroup.Group
	group.SetLimit(max(atOnce, 1))
	var mu sync.Mutex
	for _, m := range mutants {
		group.Go(func() error {
			passed := s.passes(ctx, m.id)
			mu.Lock()
			defer mu.Unlock()
			if passed && ctx.Err() == nil {
				living = append(living, m)
				lives(m)
			}
			return ctx.Err()
		})
	}
	err = group.Wait()
	return living, err
}

// trace runs a test and notes which mutants it reaches.
func (s suite) trace(ctx context.Context, name, file string) (test, error) {
	t, begin := test{name: name, reaches: map[int]bool{}}, time.Now()
	if out, err := s.command(ctx, "MUTANT_TRACE="+file, only(t)).CombinedOutput(); err != nil {
		return t, fmt.Errorf("%s fails without a mutant: %w\n%s", name, err, out)
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
// found.
func (s suite) passes(ctx context.Context, id int) bool {
	var reaching []test
	for _, t := range s.tests {
		if t.reaches[id] {
			reaching = append(reaching, t)
		}
	}
	for some := 8; len(reaching) > 0; some *= 2 {
		now := reaching[:min(some, len(reaching))]
		reaching = reaching[len(now):]
		most := 10 * time.Second
		for _, t := range now {
			most += 5 * t.took
		}
		limited, cancel := context.WithTimeout(ctx, most)
		err := s.command(limited, "MUTANT="+strconv.Itoa(id), only(now...)).Run()
		cancel()
		if err != nil {
			return false
		}
	}
	return true
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

func (s suite) command(ctx context.Context, env string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, s.binary, append(args, "-test.short", "-test.failfast")...)
	// What fails with a mutant is no example for later tests of the program.
	c.Dir, c.Env = s.dir, append(os.Environ(), env, "RAPID_NOFAILFILE=1")
	c.WaitDelay = time.Second
	return c
}
