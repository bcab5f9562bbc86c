//go:build unix

package app_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestBackfillIsPasted goes on with a back-fill by nothing but the command that each of its reports ends with, through a shell,
// until there is none any more: less and less is left, nobody is asked twice, and everybody is asked.
func TestBackfillIsPasted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "Jane's place")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	z := emptyZooIn(t, dir)
	config := filepath.Join(z.dir, "config.toml")
	if code, _, errs := commandLine(z.dir, z.now, "init", "--start", "now", "--config", config); code != 0 {
		t.Fatalf("exit code %d\n%s", code, errs)
	}
	page, left, passes := filepath.Join(z.dir, "$HOME (1).html"), -1, 0
	_, out, errs := commandLine(z.dir, z.now, "backfill", "--restart", "--config", config, "--from", "60h ago", "--to", "now",
		"--max", "40", "--report", page, "--quiet=true", "--json")
	for command := ""; ; passes++ {
		var told struct {
			Backfill struct {
				Left *struct {
					Conversations int
					Command       string
				}
			}
		}
		if err := json.Unmarshal([]byte(out), &told); err != nil {
			t.Fatalf("%s: %q: %v\n%s", command, out, err, errs)
		}
		if told.Backfill.Left == nil {
			break
		}
		now := told.Backfill.Left.Conversations
		if left >= 0 && now >= left || now == 0 || passes > 30 {
			t.Fatalf("%d are left, and before it were %d: %s", now, left, out)
		}
		if left, command = now, told.Backfill.Left.Command; strings.Contains(command, "--restart") {
			t.Fatalf("it begins anew: %s", command)
		}
		html, err := os.ReadFile(page)
		if err != nil || !bytes.Contains(html, []byte("To go on:")) {
			t.Fatalf("the report of %s: %v", command, err)
		}
		if err := os.Remove(page); err != nil {
			t.Fatal(err)
		}
		c := exec.Command("sh", "-c", command)
		c.Dir, c.Env = t.TempDir(), []string{"HOME=" + z.dir, "PATH=" + os.Getenv("PATH"), "FIXED_NOW=" + z.now.Format(time.RFC3339Nano)}
		shown, _ := c.Output()
		out = string(shown)
	}
	if passes < 3 {
		t.Errorf("it took %d more passes: the test shows little", passes)
	}
	asked := map[string]int{}
	for _, r := range z.stand.Requests() {
		asked[r.ExtInteractionID]++
	}
	for id, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked about %d times", id, n)
		}
	}
	code, again, errs := commandLine(z.dir, z.now, "run", "--config", config, "--json", "--dry-run")
	if code != 0 || !strings.Contains(again, `"would_send":0,`) {
		t.Errorf("something is left: exit code %d\n%s\n%s", code, again, errs)
	}
}

// TestSignalsInTheLog stops a pass once and twice: each line of its log is JSON and has its id, also that it stops, and why it
// ended.
func TestSignalsInTheLog(t *testing.T) {
	t.Parallel()
	program := build(t)
	for _, twice := range []bool{false, true} {
		h := holdPass(t, program, func(c *exec.Cmd) {
			c.Args = append(c.Args[:1:1], "run", "--json", "--log-format", "json", "--log-level", "info")
		})
		h.signal(t, syscall.SIGINT)
		time.Sleep(200 * time.Millisecond) // two signals at once would be one
		if twice {
			h.signal(t, syscall.SIGINT)
		} else {
			h.release()
		}
		_ = h.command.Wait()
		var last struct{ Level, Msg, Pass string }
		said, id := h.errs.String(), ""
		for line := range strings.Lines(said) {
			if err := json.Unmarshal([]byte(line), &last); err != nil || last.Pass == "" || id != "" && last.Pass != id {
				t.Errorf("a line of the log is %q: %v", line, err)
			}
			id = last.Pass
		}
		if !strings.Contains(said, "stopping: what has begun is finished") || !twice && last.Level != "ERROR" {
			t.Errorf("it says\n%s", said)
		}
	}
}
