//go:build unix

package app_test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// newLost gives a ledger that is lost, of which a backup knows of five where more than 100 were asked.
func newLost(t *testing.T, program string) *witnessed {
	t.Helper()
	w := newWitnessed(t, program)
	w.want(t, well, "run", "--max", "5")
	w.want(t, 0, "ledger", "backup", "--out", "backup.db")
	w.want(t, well, "run")
	if err := os.Remove(filepath.Join(w.dir, "acsync.db")); err != nil {
		t.Fatal(err)
	}
	return w
}

// nothingSent lets a pass meet what a restore has left, and tells whether that was trusted.
func (w *witnessed) nothingSent(t *testing.T) (trusted bool) {
	t.Helper()
	before := len(w.stand.Requests())
	c := w.command("run", "--dry-run")
	c.Env = append(c.Env, "AGENT_CONNECT_API_SECRET="+w.stand.AgentConnectSecret())
	out, _ := c.CombinedOutput()
	switch code := c.ProcessState.ExitCode(); code {
	case 10, 14:
		w.want(t, code, "run")
	case 0, 3:
		trusted = true
	default:
		t.Errorf("a dry run ends with exit code %d: %s", code, out)
	}
	if sent := len(w.stand.Requests()) - before; sent > 0 {
		t.Errorf("%d requests were made of a ledger that is not restored", sent)
	}
	return trusted
}

// TestRestoreThatFails lets a restore end in every way but well: nothing is sent before the same command has succeeded.
func TestRestoreThatFails(t *testing.T) {
	t.Parallel()
	program := build(t)
	first := func(*http.Request) bool { return true } // the call that only finds out whether the data can be read
	taking := func(r *http.Request) bool {
		since, err := time.Parse(time.RFC3339, r.URL.Query().Get("created_at_gte"))
		return err != nil || time.Since(since) > time.Hour
	}
	answered := func(at func(*http.Request) bool, status int, body string, code int, want string) func(*testing.T, *witnessed) {
		return func(t *testing.T, w *witnessed) {
			w.set(func(r *http.Request) sandbox.Fault {
				if !at(r) {
					return sandbox.Fault{}
				}
				return sandbox.Fault{Status: status, Body: body}
			})
			if said := w.want(t, code, "ledger", "restore", "backup.db"); !strings.Contains(said, want) {
				t.Errorf("it says %s", said)
			}
			_, err := os.Stat(filepath.Join(w.dir, "acsync.db"))
			if placed := err == nil; placed == (want == "nothing was written") {
				t.Errorf("the copy is in place: %v", placed)
			}
		}
	}
	stopped := func(signal os.Signal, at func(*http.Request) bool) func(*testing.T, *witnessed) {
		return func(t *testing.T, w *witnessed) { w.stoppedAt(t, signal, at, "ledger", "restore", "backup.db") }
	}
	for name, half := range map[string]func(t *testing.T, w *witnessed){
		"refused at once": answered(first, 401, "", 4, "nothing was written"),
		"refused":         answered(taking, 401, "", 4, "acsync ledger rebuild"),
		"fails":           answered(taking, 500, "", 5, "acsync ledger rebuild"),
		"data that lag":   answered(taking, 200, "[]", 14, "may not show so soon"),
		"killed at once":  stopped(syscall.SIGKILL, first),
		"killed":          stopped(syscall.SIGKILL, taking),
		"SIGINT":          stopped(os.Interrupt, taking),
		"SIGTERM":         stopped(syscall.SIGTERM, taking),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newLost(t, program)
			half(t, w)
			w.set(nil)
			if w.nothingSent(t) {
				t.Error("the ledger is trusted, although it was not restored")
			}
			w.want(t, 0, "ledger", "restore", "backup.db")
			w.want(t, 0, "ledger", "check")
			w.want(t, well, "run")
			w.noneTwice(t)
		})
	}
}

// TestRestoreKilled kills restores at random moments, of a ledger that is lost or damaged.
func TestRestoreKilled(t *testing.T) {
	t.Parallel()
	w := newLost(t, build(t))
	lost := w.files(t)
	random := rand.New(rand.NewPCG(*killSeed, 15))
	trusted := 0
	for round := range amount(6, 60) {
		w.putBack(t, lost, besides[2])
		if round%2 == 1 {
			w.write(t, "acsync.db", "no ledger")
		}
		c := w.command("ledger", "restore", "backup.db")
		c.Env = append(c.Env, "AGENT_CONNECT_API_SECRET="+w.stand.AgentConnectSecret())
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Int64N(int64(900 * time.Millisecond))))
		_ = c.Process.Kill() // it may have ended by itself
		_ = c.Wait()
		if w.nothingSent(t) {
			trusted++
		}
	}
	t.Logf("%d restores came to their end", trusted)
	w.want(t, 0, "ledger", "restore", "backup.db")
	w.want(t, 0, "ledger", "check")
	w.want(t, well, "run")
	w.noneTwice(t)
	if left, _ := filepath.Glob(filepath.Join(w.dir, ".acsync.db.*.tmp")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}
