//go:build unix

package postgres

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"acsync/store"
)

// holderEnv is the address of the database of which a process that a test has started holds the ledger.
const holderEnv = "ACSYNC_TEST_HOLDER"

// TestHolderProcess is what another process does: it opens the ledger, begins a request, and does what it is
// told.
func TestHolderProcess(t *testing.T) {
	address := os.Getenv(holderEnv)
	if address == "" {
		t.Skip("it is for processes that other tests start")
	}
	d, err := Connect(context.Background(), address, Pool{})
	must(t, err)
	l, err := d.Open(context.Background(), "acme", Options{Lease: short})
	must(t, err)
	i := begun(t, l, id(1))
	fmt.Println("begun")
	in := bufio.NewScanner(os.Stdin)
	in.Scan()
	fmt.Println("late", i.Late(time.Now()))
	fmt.Println("finish", l.Finish(i, store.Result{State: store.Accepted, At: noon}))
}

// holderProcess starts one, which has begun a request when it returns.
func holderProcess(t *testing.T, d *Database) (*exec.Cmd, *bufio.Scanner, func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHolderProcess$")
	cmd.Env = append(os.Environ(), holderEnv+"="+d.Config().ConnString())
	out, err := cmd.StdoutPipe()
	must(t, err)
	in, err := cmd.StdinPipe()
	must(t, err)
	cmd.Stderr = os.Stderr
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begun" {
		t.Fatalf("the holder says %q", lines.Text())
	}
	return cmd, lines, func() { _ = in.Close() }
}

// TestStoppedHolder: a process that was stopped in the middle of a request, and wakes when another one has
// the ledger, knows that it is too late to send, and writes nothing. Until then its request may be under way.
func TestStoppedHolder(t *testing.T) {
	t.Parallel()
	d := created(t, Options{})
	cmd, lines, wake := holderProcess(t, d)
	must(t, cmd.Process.Signal(syscall.SIGSTOP))
	l := opened(t, d, "acme", Options{Timeout: time.Minute})
	if infoOf(t, l).Unsure.IsZero() {
		t.Error("the absence of its request is taken for a proof at once")
	}
	list, err := l.Recover(noon)
	must(t, err)
	wantSame(t, len(list), 1)
	must(t, cmd.Process.Signal(syscall.SIGCONT))
	wake()
	for _, want := range []string{"late true", "finish the ledger acme: " + store.ErrFenced.Error()} {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), want) {
			t.Errorf("the holder says %q, want %q", lines.Text(), want)
		}
	}
	wantSame(t, record(t, l, id(1)).State, store.InDoubt)
}

// TestKilledHolder: the ledger of a process that was killed is free as soon as that is certain, or the lease
// is over.
func TestKilledHolder(t *testing.T) {
	d := created(t, Options{})
	cmd, _, _ := holderProcess(t, d)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	l := opened(t, d, "acme", Options{Timeout: time.Minute})
	list, err := l.Recover(noon)
	must(t, err)
	wantSame(t, len(list), 1)
}
