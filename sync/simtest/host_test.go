package simtest

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// TestShortage holds that what this machine says is told from what worlds say.
func TestShortage(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		fmt.Sprintf("the commit failed: %v", errDisk):                                 "",
		fmt.Sprintf("write x.db: %v", syscall.ENOSPC):                                 "no space left on device",
		fmt.Sprintf("%v; write x.db: %v; %v", errDisk, syscall.ENOSPC, errDisk):       "no space left on device",
		fmt.Sprintf("open /dev/shm/x: %v", syscall.EMFILE):                            "too many open files",
		"seed 3: I2 at day 1 00:00:00.000000000: a: the ledger has nothing at all in": "",
	} {
		if is := shortage(text); is != want {
			t.Errorf("%q: %q, want %q", text, is, want)
		}
	}
}

// TestNoPlace holds that a world without a place says so, and nothing of the program.
func TestNoPlace(t *testing.T) {
	dir := scratch(t)
	if err := os.WriteFile(filepath.Join(dir, "ledger"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var report Report
	synctest.Test(t, func(*testing.T) { report = Play(1, dir) })
	if !strings.Contains(report.Failed, "the ledger cannot be made") || len(report.Wrong) > 0 {
		t.Errorf("failed: %q, wrong: %q", report.Failed, report.Wrong)
	}
}

// TestFullHost holds that a process which met a full disk of this machine, and only logged it, spoils its world.
func TestFullHost(t *testing.T) {
	dir := scratch(t)
	synctest.Test(t, func(*testing.T) {
		w := newWorld(1, dir)
		for _, err := range []error{errDisk, syscall.ENOSPC} {
			p := w.process("run", kill{}, 0)
			p.logger().Warn("there is no copy", slog.Any("err", err))
			w.checkProcess(p, endedProcess{name: p.name})
			if failed := w.journal.failure(); (failed != "") != (err == syscall.ENOSPC) {
				t.Errorf("behind %q the world says: %q", err, failed)
			}
		}
	})
}
