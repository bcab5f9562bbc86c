package bolt

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

func TestRecover(t *testing.T) {
	l := newLedger(t, Options{})
	begin(t, l, id(2))
	finish(t, l, id(1), store.Accepted)
	begin(t, l, id(3))
	later := noon.Add(time.Hour)
	got, err := l.Recover(later)
	if err != nil {
		t.Fatal(err)
	}
	doubt := func(intent uint64) store.Record {
		return store.Record{
			State: store.InDoubt, Reason: store.ReasonInterrupted, Resolution: noon, At: sec.Add(time.Hour), Due: later, First: sec,
			Attempts: 1, Intent: intent, Doubt: 3,
		}
	}
	want := []store.Entry{{Key: id(2), Record: doubt(1)}, {Key: id(3), Record: doubt(3)}}
	wantSame(t, got, want)
	due, err := l.Due(later, 0)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, due, want)
	again, err := l.Recover(later)
	if err != nil || again != nil {
		t.Errorf("got %v (%v), want nothing left to recover", again, err)
	}
}

func TestRecoverNothingWritesNothing(t *testing.T) {
	l := newLedger(t, Options{})
	finish(t, l, id(1), store.Retry)
	before, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Recover(noon); err != nil {
		t.Fatal(err)
	}
	after, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, after, before)
}

// crashLedger tells the test binary to be the process that is killed.
const crashLedger = "ACSYNC_STORE_TEST_CRASH_LEDGER"

// TestCrashChild is that process: it accepts one key, begins another, and never comes to its end.
func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashLedger)
	if path == "" {
		t.Skip("runs as the child of TestCrash")
	}
	l, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	finish(t, l, id(1), store.Accepted)
	begin(t, l, id(2))
	os.Stdout.WriteString("begun\n")
	select {}
}

// A process killed between Begin and Finish leaves its lock free, and the key for Recover.
func TestCrash(t *testing.T) {
	l := newLedger(t, Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashLedger+"="+l.path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "begun") {
		t.Fatalf("the child said %q (%v)", line, err)
	}
	_, err = Open(l.path, Options{Timeout: -1})
	wantError(t, err, store.ErrLocked)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child came to its end")
	}

	l = openLedger(t, l.path, Options{})
	wantSame(t, record(t, l, id(1)).State, store.Accepted)
	list, err := l.Recover(noon)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, conversations(list), []string{id(2).Conversation})
	_, err = l.Begin(id(2), noon, noon)
	wantError(t, err, store.ErrRefused)
}
