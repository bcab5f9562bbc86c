//go:build unix

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// inFlight is how many survey requests are under way when the signal comes.
const inFlight = 8

// held is a pass of the built program whose survey requests get no answer until they are let go.
type held struct {
	dir     string
	command *exec.Cmd
	out     bytes.Buffer
	errs    bytes.Buffer
	arrived chan struct{} // one for each request
	release func()
}

// holdPass starts a pass, prepared as is told, and returns when as many survey requests are in flight as can
// be.
func holdPass(t *testing.T, program string, prepare ...func(*exec.Cmd)) *held {
	t.Helper()
	gate := make(chan struct{})
	h := &held{dir: t.TempDir(), arrived: make(chan struct{}, 1000)}
	h.release = sync.OnceFunc(func() { close(gate) })
	now := time.Now() // for good, so that no later pass meets another conversation
	hold := func(r *http.Request) sandbox.Fault {
		if r.Method == http.MethodPost {
			h.arrived <- struct{}{}
			<-gate
		}
		return sandbox.Fault{}
	}
	stand, err := sandbox.Start(sandbox.Options{
		PerHour: amount(80, 0), Busy: time.Duration(amount(1, 3)) * time.Hour, Now: func() time.Time { return now },
		Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: hold}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.release()
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	// So that one is rejected at any hour: a small world may have none that is.
	refused, customer := newConversation(now.Add(-30 * time.Minute))
	refused.Channels = []string{"kiosk"}
	stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{refused}, Customers: []sandbox.Customer{customer}})
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nconcurrency = %d\n",
		stand.KustomerURL(), stand.KustomerKey(), stand.AgentConnectURL(), stand.AgentConnectKey(), inFlight)
	if err := os.WriteFile(filepath.Join(h.dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bolt.Create(filepath.Join(h.dir, "acsync.db"), stand.Start()); err != nil {
		t.Fatal(err)
	}
	h.command = exec.Command(program, "run", "--json", "--quiet")
	h.command.Dir, h.command.Env, h.command.Stdout, h.command.Stderr = h.dir, []string{"HOME=" + h.dir}, &h.out, &h.errs
	for _, each := range prepare {
		each(h.command)
	}
	if err := h.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.command.Process.Kill() }) // it has ended, unless the test failed
	for range inFlight {
		<-h.arrived
	}
	return h
}

// ends waits for the pass, which must end with the code and leave nothing that was in flight unfinished, and
// gives its report.
func (h *held) ends(t *testing.T, code int) passReport {
	t.Helper()
	_ = h.command.Wait()
	if got := h.command.ProcessState.ExitCode(); got != code {
		t.Fatalf("it ended with %v, want exit code %d\n%s", h.command.ProcessState, code, h.errs.String())
	}
	if counts := h.counts(t); counts[store.Accepted]+counts[store.Rejected] < inFlight || counts[store.Sending]+counts[store.InDoubt] != 0 {
		t.Errorf("the ledger has %v", counts)
	}
	var report passReport
	if err := json.Unmarshal(h.out.Bytes(), &report); err != nil {
		t.Fatalf("the report is %q: %v", h.out.String(), err)
	}
	if report.Exit != code || report.exit() != code || report.sum() != report.Found {
		t.Errorf("the report says %+v", report)
	}
	return report
}

func (h *held) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := h.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// counts are the dispositions that the ledger has in the end.
func (h *held) counts(t *testing.T) map[store.State]int {
	t.Helper()
	ledger, err := bolt.Open(filepath.Join(h.dir, "acsync.db"), bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	info, err := ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	return info.Counts
}

// TestSignalDrains stops a pass in mid-delivery: no request is begun any more, those in flight are finished, and nothing is
// in doubt.
func TestSignalDrains(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, test := range []struct {
		signal syscall.Signal
		name   string
		code   int
	}{{syscall.SIGTERM, "SIGTERM", 143}, {syscall.SIGINT, "SIGINT", 130}, {syscall.SIGHUP, "SIGHUP", 129}, {syscall.SIGQUIT, "SIGQUIT", 131}} {
		t.Run(test.name, func(t *testing.T) {
			h := holdPass(t, program)
			h.signal(t, test.signal)
			time.Sleep(100 * time.Millisecond) // it may do nothing in this time; one that does not drain would end
			h.release()
			report := h.ends(t, test.code)
			if report.EndedBy != test.name {
				t.Errorf("the report says that %s ended it", report.EndedBy)
			}
			if n := report.Accepted + report.Rejected; n != inFlight || report.InDoubt != 0 || report.Scheduled == 0 {
				t.Errorf("%d of %d in flight were finished: %+v", n, inFlight, report)
			}
		})
	}
}

// TestHangUpEndsNothing sends SIGHUP as the kernel and the shell do when a terminal is closed, once more
// during the drain, and with it the SIGTERM of a session that ends: whatever came first, what is in flight is
// finished.
func TestHangUpEndsNothing(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, test := range []struct {
		name string
		sent []syscall.Signal
		code int
	}{
		{"two", []syscall.Signal{syscall.SIGHUP, syscall.SIGHUP}, 129},
		{"before SIGTERM", []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGHUP}, 129},
		{"behind SIGINT", []syscall.Signal{syscall.SIGINT, syscall.SIGHUP}, 130},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := holdPass(t, program)
			for _, s := range test.sent {
				h.signal(t, s)
				time.Sleep(200 * time.Millisecond) // two signals at once would be one
			}
			h.release()
			if report := h.ends(t, test.code); report.Scheduled == 0 {
				t.Errorf("the pass went on: %+v", report)
			}
		})
	}
}

// TestHangUpIgnored starts a pass as nohup does: it goes on to its end.
func TestHangUpIgnored(t *testing.T) {
	t.Parallel()
	h := holdPass(t, build(t), func(c *exec.Cmd) {
		c.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`}, c.Args...)
		c.Path = "/bin/sh"
	})
	h.signal(t, syscall.SIGHUP)
	time.Sleep(200 * time.Millisecond) // it may do nothing in this time; one that heard it would take up nothing more
	h.release()
	if report := h.ends(t, 3); report.EndedBy != "" || report.Accepted <= inFlight {
		t.Errorf("the report says %+v", report)
	}
}

// TestSecondSignalEndsAtOnce does not wait for the answers; what is in flight is then known to be so.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	h := holdPass(t, build(t))
	h.signal(t, syscall.SIGTERM)
	time.Sleep(200 * time.Millisecond) // two signals at once would be one
	h.signal(t, syscall.SIGTERM)
	_ = h.command.Wait()
	status, ok := h.command.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Fatalf("it ended with %v, want by the signal, which shells call 143\n%s", h.command.ProcessState, h.errs.String())
	}
	if counts := h.counts(t); counts[store.Sending] != inFlight {
		t.Errorf("the ledger has %v, want %d under way", counts, inFlight)
	}
}

// TestSecondQuitEndsAtOnce ends with the code that a shell makes of the signal, and without the stacks of Go's
// goroutines, whichever stopped it first.
func TestSecondQuitEndsAtOnce(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, first := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGINT} {
		h := holdPass(t, program)
		h.signal(t, first)
		time.Sleep(200 * time.Millisecond) // two signals at once would be one
		h.signal(t, syscall.SIGQUIT)
		_ = h.command.Wait()
		if got := h.command.ProcessState.ExitCode(); got != 131 || strings.Contains(h.errs.String(), "goroutine") {
			t.Errorf("after %v it ended with %v, want exit code 131\n%s", first, h.command.ProcessState, h.errs.String())
		}
		if counts := h.counts(t); counts[store.Sending] != inFlight {
			t.Errorf("the ledger has %v, want %d under way", counts, inFlight)
		}
	}
}
