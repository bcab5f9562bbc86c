package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be what a test needs run: a program that ends in some way, or the command.
func TestMain(m *testing.M) {
	switch ends := os.Getenv("MUTATE_ENDS"); ends {
	case "":
		os.Exit(m.Run())
	case "passing":
	case "failing":
		os.Exit(1)
	case "panicking":
		panic(ends)
	case "late":
		time.Sleep(time.Hour)
	case "killed":
		self, err := os.FindProcess(os.Getpid())
		fmt.Println(err, self.Kill())
		time.Sleep(time.Hour)
	case "command":
		main()
	}
}

// TestPasses takes a mutant for noticed if the tests fail or find no end, and not if they could not be run.
func TestPasses(t *testing.T) {
	for _, tt := range []struct {
		ends   string
		passes bool
		fails  string
	}{
		{ends: "passing", passes: true},
		{ends: "failing"},
		{ends: "panicking"},
		{ends: "late"},
		{ends: "killed", fails: "signal: killed"},
		{ends: "absent", fails: "no such file"},
		{ends: "without a folder", fails: "no such file"},
	} {
		if runtime.GOOS == "windows" && tt.fails != "" {
			continue // has no signals, and other words
		}
		t.Setenv("MUTATE_ENDS", tt.ends)
		s := suite{
			binary: os.Args[0], dir: ".", temp: t.TempDir(), patience: time.Minute,
			tests: []test{{name: "TestOf", reaches: map[int]bool{1: true}}},
		}
		switch tt.ends {
		case "late":
			s.patience = time.Millisecond
		case "absent":
			s.binary = filepath.Join(s.temp, "absent")
		case "without a folder":
			s.temp = filepath.Join(s.temp, "absent")
		}
		passes, err := s.passes(t.Context(), 1)
		failsSo := err != nil && tt.fails != "" && strings.Contains(err.Error(), tt.fails)
		if passes != tt.passes || failsSo != (tt.fails != "") || err != nil && !failsSo {
			t.Errorf("%s: got %t, %v", tt.ends, passes, err)
		}
		if left, _ := os.ReadDir(s.temp); len(left) > 0 {
			t.Errorf("%s: left %v", tt.ends, left)
		}
	}
}

// TestJudgeFails ends with the first error, and has no mutant noticed by it.
func TestJudgeFails(t *testing.T) {
	s := suite{
		binary: filepath.Join(t.TempDir(), "absent"), dir: ".", temp: t.TempDir(), patience: time.Minute,
		tests: []test{{name: "TestOf", reaches: map[int]bool{1: true, 2: true}}},
	}
	mutants := []mutant{{id: 1, file: "a.go"}, {id: 2, file: "a.go"}}
	_, err := s.judge(t.Context(), mutants, 1, func(m mutant, lives bool) {
		t.Errorf("%s: lives: %t", m.name(), lives)
	})
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "a.go") {
		t.Errorf("got %v", err)
	}
}

// TestInterrupted says so, and leaves nothing behind, also where the tests get the signal as well, and first.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("cannot send these signals")
	}
	const sleeps = `package adult

import (
	"os"
	"strconv"
	"testing"
	"time"
)

func TestSleeps(t *testing.T) {
	if err := os.WriteFile(t.TempDir()+"/left", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("pid.part", []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("pid.part", "pid"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
}
`
	for name, test := range map[string]struct {
		signal os.Signal
		both   bool
	}{
		"SIGTERM": {syscall.SIGTERM, false}, "SIGINT": {os.Interrupt, false}, "Ctrl-C": {os.Interrupt, true},
	} {
		t.Run(name, func(t *testing.T) {
			newModule(t, sleeps)
			temp := t.TempDir()
			c := exec.CommandContext(t.Context(), os.Args[0], "-then", "", "adult.go")
			c.Env = append(os.Environ(), "MUTATE_ENDS=command", "TMPDIR="+temp)
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- c.Wait() }()
			var pid int
			for pid == 0 {
				if text, err := os.ReadFile("pid"); err == nil {
					if _, err := fmt.Sscan(string(text), &pid); err != nil {
						t.Fatal(err)
					}
				}
				select {
				case err := <-ended:
					t.Fatalf("%v: %s", err, &out)
				case <-time.After(10 * time.Millisecond):
				}
			}
			if test.both {
				child, err := os.FindProcess(pid)
				if err == nil {
					err = child.Signal(test.signal)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			<-ended
			said := strings.Contains(out.String(), "mutate: interrupted")
			if c.ProcessState.ExitCode() != 2 || !said || strings.Contains(out.String(), "fails without") {
				t.Errorf("%s: printed %s", c.ProcessState, &out)
			}
			left, err := os.ReadDir(temp)
			if err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}
