package bolt

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

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
	// Nobody else holds it: what is collected is closed, and its lock is free.
	defer runtime.KeepAlive(l)
	os.Stdout.WriteString("begun\n")
	select {}
}

// A process killed between Begin and Finish leaves its lock free, and the key for Recover.
func TestCrash(t *testing.T) {
	l := testLedger(t, Options{})
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
