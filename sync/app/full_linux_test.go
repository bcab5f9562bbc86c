package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ownMounts is set, to the path of the program, in the process that may mount what it likes: it sees its own
// mounts alone.
const ownMounts = "ACSYNC_TEST_OWN_MOUNTS"

// fullWithin is when the disk is filled at the latest: some time after a whole pass.
const fullWithin = 2 * time.Second

// TestDiskFillsUp lets another process fill the disk of the ledger, a small one, at random moments of a pass of
// the built program, every other time while it sends, and take whatever becomes free. Each answer finds its place, nobody is in doubt, and
// status and the report show the pass while the disk is full. With space again the next pass sends the rest.
func TestDiskFillsUp(t *testing.T) {
	program := os.Getenv(ownMounts)
	if program == "" {
		t.Parallel()
		inOwnMounts(t, "^TestDiskFillsUp$", "-kill.seed", fmt.Sprint(*killSeed))
		return
	}
	random := rand.New(rand.NewPCG(*killSeed, 28))
	fullBefore := amount(60, 200) // requests: less than the pass makes
	stopped := 0                  // passes that the disk stopped after they had sent something
	for round := range amount(2, 20) {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			smallDisk(t)
			v := newVictim(t, program, *killSeed+uint64(round), false)
			moment := time.After(time.Duration(random.Int64N(int64(fullWithin))))
			if round%2 == 0 {
				moment = v.received(1 + random.IntN(fullBefore))
			}
			if v.fillUp(t, moment) {
				stopped++
			}
			v.check(t)
			sum := v.finish(t)
			if sum.doubts+sum.settled > 0 {
				t.Errorf("in doubt, though nothing was killed: %v", sum)
			}
		})
	}
	if stopped == 0 {
		t.Error("no pass was stopped by the disk: the test shows little")
	}
}

// inOwnMounts runs a test of this binary once more, where it may mount.
func inOwnMounts(t *testing.T, run string, flags ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=" + run, "-test.v"}, flags...)...)
	c.Env = append(os.Environ(), ownMounts+"="+build(t))
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := c.CombinedOutput()
	switch _, ended := errors.AsType[*exec.ExitError](err); {
	case err != nil && !ended:
		t.Skipf("this system allows no mounts of one's own: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "\n--- SKIP"):
		t.Skipf("%s", out)
	}
}

// smallDisk lets the temporary directories of a test lie on a disk of their own, with a little more than a
// pass wants to be free.
func smallDisk(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=36m"); err != nil {
		t.Skipf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := errors.Join(syscall.Unmount(dir, syscall.MNT_DETACH), os.Remove(dir)); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("TMPDIR", dir)
}

// filler writes into the directory until it is told to stop, whatever there is room for.
func (v *victim) filler(t *testing.T) (stop func()) {
	t.Helper()
	f, err := os.Create(filepath.Join(v.dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var writing sync.WaitGroup
	filled := int64(0)
	writing.Go(func() {
		// At once, so that it comes between the question for room and the answer to a request.
		for size := int64(64 << 20); size >= 4<<10; size /= 2 {
			for syscall.Fallocate(int(f.Fd()), 0, filled, size) == nil {
				filled += size
			}
		}
		for {
			select {
			case <-over:
				return
			case <-time.After(time.Millisecond):
				if syscall.Fallocate(int(f.Fd()), 0, filled, 4<<10) == nil {
					filled += 4 << 10
				}
			}
		}
	})
	return func() {
		close(over)
		writing.Wait()
		if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
			t.Error(err)
		}
	}
}

// received tells when so many requests have been received.
func (v *victim) received(requests int) <-chan time.Time {
	done := make(chan time.Time, 1)
	go func() {
		for len(v.stand.Requests()) < requests {
			time.Sleep(time.Millisecond)
		}
		done <- time.Now()
	}()
	return done
}

// fillUp fills the disk at a moment of a pass, waits until the pass has ended, and looks at what
// is told of it. Stopped tells that it had sent something, and not all.
func (v *victim) fillUp(t *testing.T, moment <-chan time.Time) (stopped bool) {
	t.Helper()
	var out, errs strings.Builder
	c := v.command("run", "--json")
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-moment
	stop := v.filler(t)
	defer stop()
	_ = c.Wait() // how it ended is in what it says
	code := c.ProcessState.ExitCode()
	if code != 0 && code != 1 && code != 3 {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	var made struct {
		Pass     string `json:"pass"`
		Accepted int    `json:"accepted"`
	}
	if err := json.Unmarshal([]byte(out.String()), &made); err != nil {
		if code != 1 || len(v.stand.Requests()) > 0 {
			t.Errorf("it printed %q, and %s", out.String(), errs.String())
		}
		return false // it could not open the ledger
	}
	var status struct {
		Last struct {
			Pass   string         `json:"pass"`
			Killed bool           `json:"killed"`
			Counts map[string]int `json:"counts"`
		} `json:"last_pass"`
		Counts map[string]int `json:"counts"`
	}
	v.told(t, &status, "status", "--json")
	if last := status.Last; last.Pass != made.Pass || last.Killed || last.Counts["accepted"] != made.Accepted {
		t.Errorf("status shows %+v as the last pass, of which the pass itself said %s", last, out.String())
	}
	if n := status.Counts["sending"] + status.Counts["in_doubt"]; n > 0 {
		t.Errorf("%d are under way or in doubt, though the pass came to its end\n%s", n, errs.String())
	}
	var history struct {
		Latest struct {
			Pass string `json:"pass"`
		} `json:"latest"`
	}
	v.told(t, &history, "passes", "--json")
	if history.Latest.Pass != made.Pass {
		t.Errorf("the report shows %q as the last pass, want %s", history.Latest.Pass, made.Pass)
	}
	t.Logf("%d accepted, exit code %d\n%s", made.Accepted, code, errs.String())
	return code == 1 && made.Accepted > 0
}

// told reads what a command says.
func (v *victim) told(t *testing.T, into any, name string, flags ...string) {
	t.Helper()
	out, err := v.command(name, flags...).Output()
	if err = errors.Join(err, json.Unmarshal(out, into)); err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}
