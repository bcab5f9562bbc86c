package app_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// openTerminal gives both ends of a new terminal of 80 columns.
func openTerminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { screen.Close() })
	var number, locked int32
	size := [4]uint16{24, 80}
	control := func(request, argument uintptr) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, argument); errno != 0 {
			t.Skip(errno)
		}
	}
	control(syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&locked)))
	control(syscall.TIOCGPTN, uintptr(unsafe.Pointer(&number)))
	control(syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size)))
	if tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { tty.Close() })
	return screen, tty
}

// TestTerminalCloses takes the terminal away on which a pass shows its progress, and with it what the pass
// can write to.
func TestTerminalCloses(t *testing.T) {
	t.Parallel()
	screen, tty := openTerminal(t)
	h := holdPass(t, build(t), func(c *exec.Cmd) {
		c.Args = append(c.Args[:1:1], "run", "--log-level", "debug")
		c.Stdin, c.Stdout, c.Stderr = tty, tty, tty
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		go func() { _, _ = io.Copy(io.Discard, screen) }()
	})
	tty.Close()
	screen.Close()
	h.release()
	_ = h.command.Wait()
	if code := h.command.ProcessState.ExitCode(); code != 129 {
		t.Errorf("it ended with %v, want exit code 129", h.command.ProcessState)
	}
	counts := h.counts(t)
	for state, n := range counts {
		if strings.Contains("sending in_doubt", state.String()) && n > 0 {
			t.Errorf("%d are %s", n, state)
		}
	}
}

// ours are the sequences that the program itself writes to a terminal: colours, and what moves its progress.
var ours = regexp.MustCompile("\x1b\\[[0-9;]*[mAK]|\r")

// TestTerminalIsNotTakenOver shows a world of hostile text on a terminal, in colours and with progress.
func TestTerminalIsNotTakenOver(t *testing.T) {
	t.Parallel()
	program := build(t)
	w := newHostileWorld(t)
	for _, line := range []string{
		"init --start 3h_ago", "rules test --log-level debug", "run --log-level debug", "run --log-level debug --log-format json", "status", "passes",
		"explain PLAIN", "resolve --accept --all", "explain ID",
	} {
		screen, tty := openTerminal(t)
		var args []string
		for _, arg := range strings.Fields(line) {
			args = append(args, strings.NewReplacer("ID", "\x1b[2J\u202e", "PLAIN", w.plain, "_", " ").Replace(arg))
		}
		c := exec.Command(program, args...)
		c.Dir, c.Env, c.Stdout, c.Stderr = w.dir, []string{"HOME=" + w.dir, "TERM=xterm"}, tty, tty
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		tty.Close()
		var shown bytes.Buffer
		_, _ = io.Copy(&shown, screen) // a terminal that nobody writes to any more ends with an error
		_ = c.Wait()
		text := shown.String()
		if strings.Contains(text, "\x1b[5m") {
			t.Errorf("%s blinks: %q", line, text)
		}
		if found := rawIn(ours.ReplaceAllString(text, "")); found != "" {
			t.Errorf("%s shows %s: %q", line, found, text)
		}
		if (strings.HasPrefix(line, "run") || line == "status") && !strings.Contains(text, "\x1b[3") {
			t.Errorf("%s has no colours: the test shows little: %q", line, text)
		}
	}
}

// TestFirstPassOnATerminal: what the report says the log does not say again, and the first pass of the sandbox, and it
// alone, ends with command lines that work.
func TestFirstPassOnATerminal(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	pass := func(args ...string) string {
		screen, tty := openTerminal(t)
		c := exec.Command("acsync", append([]string{"run", "--sandbox", "--max", "40"}, args...)...)
		c.Dir, c.Stdout, c.Stderr = dir, tty, tty
		c.Env = []string{"HOME=" + dir, "TERM=xterm", "NO_COLOR=1", "FIXED_NOW=" + now.Format(time.RFC3339)}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		tty.Close()
		var shown bytes.Buffer
		_, _ = io.Copy(&shown, screen) // a terminal that nobody writes to any more ends with an error
		_ = c.Wait()
		return strings.ReplaceAll(ours.ReplaceAllString(shown.String(), ""), "\r\n", "\n")
	}
	const begun = "The sandbox's ledger comes with 6 conversations"
	first := pass()
	if n := strings.Count(first, "sync.max_age"); n != 1 || strings.Contains(first, "WARN") {
		t.Errorf("sync.max_age stands there %d times:\n%s", n, first)
	}
	_, next, found := strings.Cut(first, "\nWhat to try next\n")
	if lines := strings.Split(strings.TrimSpace(next), "\n"); !found || len(lines) != 3 || !strings.Contains(first, begun) {
		t.Fatalf("it does not end with what to try:\n%s", first)
	}
	for line := range strings.Lines(next) {
		line = strings.ReplaceAll(strings.TrimSpace(line), `"7d ago"`, "7d_ago")
		var args []string
		for _, word := range strings.Fields(line)[1:] {
			args = append(args, strings.ReplaceAll(word, "_", " "))
		}
		// The one behind it does the same, and more.
		if strings.HasSuffix(line, "7d_ago") {
			continue
		}
		if code, out, errs := commandLine(dir, now, args...); code != 0 || out == "" {
			t.Errorf("%s ended with %d: %s", line, code, errs)
		}
	}
	if again := pass("--log-level", "warn"); strings.Contains(again, begun) || strings.Contains(again, "What to try next") {
		t.Errorf("the second says it too:\n%s", again)
	}
}
