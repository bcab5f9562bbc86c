//go:build unix

package app_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// command is the program, for the folder of a trial.
func (tr *trial) command(args ...string) *exec.Cmd {
	c := exec.Command(tr.program, append(args, "--config-dir", tr.dir)...)
	c.Dir, c.Env = tr.dir, []string{"HOME=" + tr.dir}
	return c
}

// crew starts the workers; they end with the test, whatever happens.
func (tr *trial) crew(t *testing.T, n int) (crew []*worker) {
	t.Helper()
	for i := range n {
		w := &worker{trial: tr, log: filepath.Join(tr.dir, fmt.Sprintf("worker-%d.log", i))}
		w.start(t)
		t.Cleanup(func() {
			_ = w.process.Process.Kill()
			_ = w.process.Wait()
			if t.Failed() {
				text, _ := os.ReadFile(w.log)
				t.Logf("%s ends with\n%s", w.log, text[max(0, len(text)-4000):])
			}
		})
		crew = append(crew, w)
	}
	return crew
}

// worker is a process that makes passes.
type worker struct {
	trial   *trial
	log     string
	process *exec.Cmd
	until   time.Time // it is stopped until then
}

func (w *worker) start(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(w.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w.process = w.trial.command("work", "--workers", fmt.Sprint(trialAtWork), "--every", w.trial.every.String(), "--drain", "10s")
	w.process.Stdout, w.process.Stderr = log, log
	if err := w.process.Start(); err != nil {
		t.Fatal(err)
	}
}

// end tells it to end, which it does when its passes have come to an end of their own.
func (w *worker) end(t *testing.T) {
	t.Helper()
	_ = w.process.Process.Signal(syscall.SIGTERM)
	_ = w.process.Wait()
	if code := w.process.ProcessState.ExitCode(); code != 0 {
		t.Errorf("a worker that was told to end ended with exit code %d", code)
	}
}

// event is what can happen.
type event string

const (
	eventKill  event = "kill"  // a worker, which is started again at once
	eventStop  event = "stop"  // a worker, for some seconds, mostly for longer than its leases
	eventTerm  event = "term"  // a worker is told to end, and started again
	eventCrash event = "crash" // of the database, which comes back some seconds later
)

// trouble lets things happen.
type trouble struct {
	*trial
	crew         []*worker
	rest, spread time.Duration // between two events: at least, and up to so much more
	counts       map[event]int
}

// hand is what happens next, mixed: everything happens, as often as another thing on the whole.
func hand(random *rand.Rand) []event {
	h := []event{eventKill, eventStop, eventTerm, eventCrash}
	if amount(0, 1) == 1 {
		h = append(h, eventKill, eventKill, eventStop, eventStop)
	}
	random.Shuffle(len(h), func(i, j int) { h[i], h[j] = h[j], h[i] })
	return h
}

// run lets things happen for a time, and wakes up who is stopped at its end.
func (c *trouble) run(t *testing.T, lasts time.Duration) {
	t.Helper()
	c.counts = map[event]int{}
	var waking sync.WaitGroup
	defer waking.Wait()
	next, began := []event{}, time.Now()
	for {
		time.Sleep(c.rest + time.Duration(c.random.Int64N(int64(c.spread))))
		if time.Since(began) > lasts {
			return
		}
		if len(next) == 0 {
			next = hand(c.random)
		}
		w := c.awake()
		if w == nil && next[0] != eventCrash {
			continue // all are stopped
		}
		e := next[0]
		next = next[1:]
		c.counts[e]++
		t.Logf("%5.1f s: %s", time.Since(began).Seconds(), e)
		switch e {
		case eventKill:
			_ = w.process.Process.Kill()
			_ = w.process.Wait()
			w.start(t)
		case eventTerm:
			w.end(t)
			w.start(t)
		case eventStop:
			w.until = time.Now().Add(2*time.Second + time.Duration(c.random.Int64N(int64(amount(1, 2))*int64(trialLease))))
			process := w.process.Process
			_ = process.Signal(syscall.SIGSTOP)
			waking.Go(func() {
				time.Sleep(time.Until(w.until))
				_ = process.Signal(syscall.SIGCONT)
			})
		case eventCrash:
			c.cluster.Crash()
			time.Sleep(time.Duration(c.random.Int64N(int64(2 * c.rest))))
			c.cluster.Start(t)
		}
	}
}

// awake is a worker that is not stopped; nil for none.
func (c *trouble) awake() *worker {
	list := slices.DeleteFunc(slices.Clone(c.crew), func(w *worker) bool { return time.Now().Before(w.until.Add(time.Second)) })
	if len(list) == 0 {
		return nil
	}
	return list[c.random.IntN(len(list))]
}

// dismiss tells all workers to end.
func (c *trouble) dismiss(t *testing.T) {
	t.Helper()
	for _, w := range c.crew {
		w.end(t)
	}
}

// String tells what has happened.
func (c *trouble) String() string {
	var b bytes.Buffer
	_, _ = fmt.Fprintf(&b, "%d organisations, %d workers, a pass every %s, seed %d:", len(c.tenants), len(c.crew), c.every, *trialSeed)
	for _, e := range []event{eventKill, eventStop, eventTerm, eventCrash} {
		_, _ = fmt.Fprintf(&b, " %d %s,", c.counts[e], e)
	}
	return strings.TrimSuffix(b.String(), ",")
}
