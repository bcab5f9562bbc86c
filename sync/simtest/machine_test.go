package simtest

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

var scratchDir = flag.String("sim.dir", "",
	"the folder for what worlds write; without it /dev/shm, where there is memory for it, or else $TMPDIR")

// machine is what these tests have of the machine: a folder, and processes. When they end, or a signal ends them,
// the one is removed and the others are over.
type machine struct {
	dir     string // all that is written stands below it
	ctx     context.Context
	stop    func()
	running sync.RWMutex // held for reading by whoever waits for a process
}

// here is the machine of these tests.
var here machine

// run makes the tests, and gives the code with which to exit.
func (m *machine) run(tests *testing.M) int {
	if err := m.makeDir(); err != nil {
		fmt.Fprintf(os.Stderr, "there is no folder for what worlds write: %v; let -sim.dir name another\n", err)
		return 1
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	signals, over := make(chan os.Signal, 1), make(chan int, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() { over <- tests.Run() }()
	var code int
	select {
	case code = <-over:
	case s := <-signals:
		// Whoever has no patience sends another.
		signal.Stop(signals)
		code = 128 + int(s.(syscall.Signal))
		m.stop()
		m.running.Lock()
	}
	m.removeDir()
	return code
}

func (m *machine) makeDir() (err error) {
	if *scratchDir == "" {
		// Where there is memory for it: what a world is about is no disk.
		if m.dir, err = os.MkdirTemp("/dev/shm", "acsync-sim"); err == nil {
			return nil
		}
	}
	above, err := filepath.Abs(cmp.Or(*scratchDir, os.TempDir()))
	if err != nil {
		return err
	}
	m.dir, err = os.MkdirTemp(above, "acsync-sim")
	return err
}

// removeDir removes the folder, and again what worlds write meanwhile that a signal has ended.
func (m *machine) removeDir() {
	for range 100 {
		_ = os.RemoveAll(m.dir)
		if _, err := os.Stat(m.dir); os.IsNotExist(err) {
			return
		}
	}
}

// output lets a process come to its end, and gives all that it has written.
func (m *machine) output(name string, args ...string) (string, error) {
	m.running.RLock()
	defer m.running.RUnlock()
	cmd := exec.CommandContext(m.ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// scratch is a folder for a test.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(here.dir, "")
	if err != nil {
		t.Fatalf("this machine gives no folder: %v; let -sim.dir name a place with more room", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// TestSignals ends a run by a signal, while worlds are played and while faults are planted: nothing stays behind.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		sent syscall.Signal
		args []string
	}{
		{syscall.SIGINT, []string{"-test.run=^TestWorlds$", "-sim.seeds=1000000"}},
		{syscall.SIGTERM, []string{"-test.run=^TestWorlds$", "-sim.seeds=1000000"}},
		{syscall.SIGINT, []string{"-test.run=^TestPlanted$", "-sim.planted=gt for gte"}},
	} {
		dir := scratch(t)
		cmd := exec.CommandContext(t.Context(), self(t), append(c.args, "-sim.dir="+dir)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for below(t, dir, "*/*") == 0 {
			time.Sleep(time.Millisecond)
		}
		if err := cmd.Process.Signal(c.sent); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 128+int(c.sent) || below(t, dir, "*") > 0 {
			t.Errorf("%v, %s: exit %d, and %d folders stay behind", c.sent, c.args[0], code, below(t, dir, "*"))
		}
	}
}

// below counts the files that match below a folder.
func below(t *testing.T, dir, pattern string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// self is the binary that runs, which has no fault planted.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
