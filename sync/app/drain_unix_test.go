//go:build unix

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// shortDrain lets a pass have the shortest drain.
func shortDrain(c *exec.Cmd) { c.Env = append(c.Env, "ACSYNC_SYNC_DRAIN=1s") }

// TestDrainEnds stops a pass whose survey requests get no answer as long as it lives: it ends by itself, and ledger
// and report say what is in doubt.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, test := range []struct {
		name   string
		signal syscall.Signal
		code   int
	}{
		{"SIGTERM", syscall.SIGTERM, 143},
		{"SIGINT", syscall.SIGINT, 130},
		{"SIGQUIT", syscall.SIGQUIT, 131},
		{"SIGHUP", syscall.SIGHUP, 129},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := holdPass(t, program, shortDrain)
			h.signal(t, test.signal)
			_ = h.command.Wait()
			h.wantInDoubt(t, test.code)
			var report passReport
			if err := json.Unmarshal(h.out.Bytes(), &report); err != nil {
				t.Fatalf("the report is %q: %v", h.out.String(), err)
			}
			if report.InDoubt != inFlight || report.Scheduled == 0 || report.Exit != test.code || report.sum() != report.Found {
				t.Errorf("the report says %+v", report)
			}
		})
	}
}

// wantInDoubt holds how the pass ended, and that what was in flight is in doubt.
func (h *held) wantInDoubt(t *testing.T, code int) {
	t.Helper()
	if got := h.command.ProcessState.ExitCode(); got != code {
		t.Fatalf("it ended with %v, want exit code %d\n%s", h.command.ProcessState, code, h.errs.String())
	}
	if counts := h.counts(t); counts[store.InDoubt] != inFlight || counts[store.Sending] != 0 {
		t.Errorf("the ledger has %v", counts)
	}
}

// TestDrainEndsUnread has nobody read report and log either, as long as the pass lives.
func TestDrainEndsUnread(t *testing.T) {
	t.Parallel()
	_, out := clogged(t)
	_, log := clogged(t)
	h := holdPass(t, build(t), shortDrain, func(c *exec.Cmd) { c.Stdout, c.Stderr = out, log })
	h.signal(t, syscall.SIGTERM)
	_ = h.command.Wait()
	h.wantInDoubt(t, 143)
}

// TestDrainEndsReading stops what waits for one of the services, which does not answer as long as the pass lives.
func TestDrainEndsReading(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, test := range []struct{ name, path string }{
		{"Kustomer", "/v1/customers/search"}, {"Agent Connect's data", "/v2/data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			arrived, gate := make(chan struct{}, 100), make(chan struct{})
			hold := func(r *http.Request) sandbox.Fault {
				if r.URL.Path == test.path {
					arrived <- struct{}{}
					<-gate
				}
				return sandbox.Fault{}
			}
			now := time.Now()
			stand, err := sandbox.Start(sandbox.Options{Busy: someBusy, Now: func() time.Time { return now }, Faults: sandbox.Faults{
				Kustomer: sandbox.ServiceFaults{Hook: hold}, AgentConnect: sandbox.ServiceFaults{Hook: hold},
			}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				close(gate)
				if err := stand.Close(); err != nil {
					t.Error(err)
				}
			})
			dir := t.TempDir()
			config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\n[agent_connect]\nbase_url = %q\n"+
				"api_key = %q\napi_secret = %q\n", stand.KustomerURL(), stand.KustomerKey(), stand.AgentConnectURL(),
				stand.AgentConnectKey(), stand.AgentConnectSecret())
			if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := bolt.Create(filepath.Join(dir, "acsync.db"), stand.Start()); err != nil {
				t.Fatal(err)
			}
			var errs bytes.Buffer
			c := exec.Command(program, "run", "--quiet")
			c.Dir, c.Env, c.Stderr = dir, []string{"HOME=" + dir}, &errs
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			<-arrived
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait()
			if got := c.ProcessState.ExitCode(); got != 143 {
				t.Errorf("it ended with %v\n%s", c.ProcessState, errs.String())
			}
		})
	}
}

// TestStandsStill stops a pass as Ctrl-Z does, a laptop's lid or a paused machine, while its answers come, until its
// time for them is over: when it goes on, it takes them.
func TestStandsStill(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, stop := range []syscall.Signal{syscall.SIGTSTP, syscall.SIGSTOP} {
		for _, drains := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, drains: %t", stop, drains), func(t *testing.T) {
				t.Parallel()
				h := holdPass(t, program, ownGroup, func(c *exec.Cmd) {
					if drains {
						shortDrain(c)
					} else {
						c.Env = append(c.Env, "ACSYNC_AGENT_CONNECT_TIMEOUT=1s")
					}
				})
				code := 3
				if drains {
					h.signal(t, syscall.SIGTERM)
					time.Sleep(100 * time.Millisecond) // the time to finish begins while it still runs
					code = 143
				}
				h.signal(t, stop)
				time.Sleep(100 * time.Millisecond) // it stands still before the answers come
				h.release()
				time.Sleep(1200 * time.Millisecond) // longer than it may wait for them
				h.signal(t, syscall.SIGCONT)
				h.ends(t, code)
			})
		}
	}
}

// ownGroup is a process group of its own: one without a parent in its session is never stopped by SIGTSTP.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// TestSignalsAtRandom sends passes all sorts of signals in the middle of their survey requests, in random order, until
// the work is done: each pass ends by itself with the code of what stopped it, nothing is in doubt, since each request
// gets its answer, nobody is asked twice, and nobody is forgotten.
func TestSignalsAtRandom(t *testing.T) {
	t.Parallel()
	program := build(t)
	// On a slow machine there are fewer rounds.
	until := time.Now().Add(time.Duration(amount(10, 60)) * time.Second)
	for lane := range uint64(amount(2, 4)) {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			signalsAtRandom(t, program, *killSeed+1000*lane, until)
		})
	}
}

func signalsAtRandom(t *testing.T, program string, seed uint64, until time.Time) {
	random := rand.New(rand.NewPCG(seed, 5))
	rounds, hit, ended := amount(2, 50), 0, map[int]int{}
	goesOn := func() bool { return hit < rounds && time.Now().Before(until) && !t.Failed() }
	for ; goesOn(); seed++ {
		v := newVictim(t, program, seed, false)
		for again := true; again && goesOn(); {
			var code int
			if again, code = v.signals(t, random); again {
				hit++
				ended[code]++
			}
		}
		if sum := v.finish(t); sum.doubts > 0 {
			t.Errorf("%d are in doubt, though each had its answer", sum.doubts)
		}
	}
	t.Logf("%d passes were sent signals; by exit code: %v", hit, ended)
}

// signals makes a pass and sends it signals once its first survey request has arrived. False: it had none to send.
func (v *victim) signals(t *testing.T, random *rand.Rand) (sent bool, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	c := v.command("run", "--json", "--quiet")
	c.Stdout, c.Stderr = &out, &errs
	ownGroup(c)
	before := len(v.stand.Requests())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(over)
	}()
	isOver := func() bool {
		select {
		case <-over:
			return true
		default:
			return false
		}
	}
	for !isOver() && len(v.stand.Requests()) == before {
		time.Sleep(time.Millisecond)
	}
	codes, order := []int{0, 3}, []syscall.Signal{}
	if !isOver() {
		codes, order = v.send(c.Process, random)
		sent = true
	}
	<-over
	code = c.ProcessState.ExitCode()
	if !slices.Contains(codes, code) {
		t.Errorf("after %v it ended with %v\n%s", order, c.ProcessState, errs.String())
		return sent, code
	}
	var report passReport
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Errorf("after %v it printed %q: %v", order, out.String(), err)
	}
	if report.InDoubt > 0 || report.Exit != code || report.sum() != report.Found {
		t.Errorf("after %v the report says %+v\n%s", order, report, errs.String())
	}
	return sent, code
}

// send sends signals in random order, and returns the codes with which the pass may end. A second one of those that
// end it at once is not among them.
func (v *victim) send(to *os.Process, random *rand.Rand) (codes []int, order []syscall.Signal) {
	ends := []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}[random.IntN(3)]
	all := []syscall.Signal{
		ends, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTSTP, syscall.SIGTSTP,
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	order, codes = all[:1+random.IntN(len(all))], []int{0, 3}
	for _, s := range order {
		_ = to.Signal(s) // it may have ended by itself
		if s == syscall.SIGTSTP {
			time.Sleep(time.Duration(random.Int64N(int64(60 * time.Millisecond))))
			_ = to.Signal(syscall.SIGCONT)
		}
		if s == ends || s == syscall.SIGHUP {
			codes = append(codes, 128+int(s))
		}
		time.Sleep(time.Duration(random.Int64N(int64(15 * time.Millisecond))))
	}
	return codes, order
}
