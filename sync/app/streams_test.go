//go:build unix

package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"acsync/store/bolt"
)

// clogged is the end for writing of a pipe that holds all it can, and that nobody reads until the reader
// does.
func clogged(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); writer.Close() })
	if err := writer.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = writer.Write(bytes.Repeat([]byte("\n"), 4096))
	}
	return reader, writer
}

// broken is the end for writing of a pipe whose reader has gone.
func broken(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() })
	reader.Close()
	return writer
}

// TestLogWithoutReader makes a pass whose log nobody reads, or nobody any more: it goes on to its end, and a
// signal drains it.
func TestLogWithoutReader(t *testing.T) {
	t.Parallel()
	program := build(t)
	_, full := clogged(t)
	for _, test := range []struct {
		name   string
		stderr *os.File
		signal syscall.Signal
		code   int
	}{
		{"gone", broken(t), 0, 3},
		{"gone, SIGTERM", broken(t), syscall.SIGTERM, 143},
		{"never reads", full, 0, 3},
		{"never reads, SIGTERM", full, syscall.SIGTERM, 143},
		{"never reads, SIGHUP", full, syscall.SIGHUP, 129},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := holdPass(t, program, func(c *exec.Cmd) {
				c.Args = []string{program, "run", "--json", "--log-level", "debug"}
				c.Stderr = test.stderr
			})
			if test.signal != 0 {
				h.signal(t, test.signal)
				time.Sleep(100 * time.Millisecond) // it may do nothing in this time; one that does not drain would end
			}
			h.release()
			if report := h.ends(t, test.code); (report.Scheduled == 0) != (test.signal == 0) {
				t.Errorf("the report says %+v", report)
			}
		})
	}
}

// TestLogReaderComesBack reads nothing for a while, and then all: the log has its beginning, what is lost is
// told, and its end is there. Nothing is torn.
func TestLogReaderComesBack(t *testing.T) {
	t.Parallel()
	reader, writer := clogged(t)
	h := holdPass(t, build(t), func(c *exec.Cmd) {
		c.Args = append(c.Args[:1:1], "run", "--json", "--log-level", "debug", "--log-format", "json")
		c.Stderr = writer
	})
	writer.Close() // the pass has its own
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(reader)
		read <- strings.TrimLeft(string(text), "\n")
	}()
	h.release()
	h.ends(t, 3)
	log := <-read
	lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	for i, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("line %d of the log is %q", i, line)
		}
	}
	if !strings.Contains(log, `"msg":"pass started"`) || !strings.Contains(log, `"msg":"pass ended"`) {
		t.Errorf("the log begins with %q and ends with %q", lines[0], lines[len(lines)-1])
	}
}

// TestReportWithoutReader lets no one wait for the ledger while a report is printed that nobody reads.
func TestReportWithoutReader(t *testing.T) {
	t.Parallel()
	program := build(t)
	reader, writer := clogged(t)
	h := holdPass(t, program, func(c *exec.Cmd) { c.Stdout = writer })
	h.release()
	for {
		ledger, err := bolt.Open(filepath.Join(h.dir, "acsync.db"), bolt.Options{Timeout: time.Second})
		if err == nil { // until the test's own time-out
			if err := ledger.Close(); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	writer.Close() // the pass has its own
	if _, err := io.Copy(&h.out, reader); err != nil {
		t.Fatal(err)
	}
	h.ends(t, 3)
}

// TestUnprinted prints to where nothing can be written: that is a failure, and hides no other.
func TestUnprinted(t *testing.T) {
	t.Parallel()
	program := build(t)
	h := holdPass(t, program)
	h.release()
	h.ends(t, 3)
	run := func(t *testing.T, dir string, stdout *os.File, args ...string) (int, string) {
		t.Helper()
		var errs bytes.Buffer
		c := exec.Command(program, args...)
		c.Dir, c.Env, c.Stdout, c.Stderr = dir, []string{"HOME=" + dir}, stdout, &errs
		_ = c.Run()
		return c.ProcessState.ExitCode(), errs.String()
	}
	streams := map[string]*os.File{"a pipe whose reader has gone": broken(t)}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		t.Cleanup(func() { full.Close() })
		streams["a full disk"] = full
	}
	for name, stdout := range streams {
		for _, line := range []string{
			"--version", "--help", "run --help", "run --quiet", "run --quiet --json", "run --dry-run --quiet", "status", "status --json",
			"passes", "passes --json", "ledger check", "ledger export", "rules test --quiet", "sandbox --quiet",
		} {
			t.Run(name+"/"+line, func(t *testing.T) {
				code, errs := run(t, h.dir, stdout, strings.Fields(line)...)
				if code != 1 || !strings.Contains(errs, "acsync: ") || strings.Count(errs, "\n") != 1 {
					t.Errorf("exit code %d\n%s", code, errs)
				}
			})
		}
		t.Run(name+"/init", func(t *testing.T) {
			if code, errs := run(t, t.TempDir(), stdout, "init"); code != 1 || !strings.Contains(errs, "print the answer") {
				t.Errorf("exit code %d\n%s", code, errs)
			}
		})
		t.Run(name+"/a pass that a fuse ends", func(t *testing.T) {
			config, err := os.ReadFile(filepath.Join(h.dir, "config.toml"))
			if err != nil {
				t.Fatal(err)
			}
			bad := strings.Replace(string(config), "[kustomer]", "[sync]\nmax_per_run = 1\n[kustomer]", 1)
			if err := os.WriteFile(filepath.Join(h.dir, "fuse.toml"), []byte(bad), 0o600); err != nil {
				t.Fatal(err)
			}
			code, errs := run(t, h.dir, stdout, "backfill", "--config", "fuse.toml", "--from", "200d ago", "--to", "now",
				"--dry-run", "--quiet")
			if code != 13 || !strings.Contains(errs, "print the report") {
				t.Errorf("exit code %d\n%s", code, errs)
			}
		})
	}
}
