package simtest

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// player plays so many worlds from a seed on in a process of their own, and gives what that has said.
type player func(first, count int) (string, error)

// finding is how a world has shown a fault.
type finding struct {
	seed string // "?" where a panic has ended them all
	by   string // an invariant such as "I1", or "a panic"
	text string
}

// hunt plays worlds with a fault, more each time, until one shows it. As a control the same worlds are then played
// without it. An error is one of the run, and tells nothing of the fault; without one and without a finding no
// world has shown it.
func hunt(most int, with, without player) (found *finding, played int, err error) {
	for step := 2 * runtime.GOMAXPROCS(0); played < most; step *= 2 {
		first, count := played+1, min(step, most-played)
		out, err := with(first, count)
		played += count
		found, err := judge(out, err)
		if err != nil {
			return nil, played, err
		}
		if found == nil {
			continue
		}
		if seed, err := strconv.Atoi(found.seed); err == nil {
			first, count = seed, 1
		}
		same, err := judge(without(first, count))
		if err != nil {
			return nil, played, fmt.Errorf("the control without the fault: %w", err)
		}
		if same != nil {
			return nil, played, fmt.Errorf("seed %s shows %s without the fault too: %s", same.seed, same.by, same.text)
		}
		return found, played, nil
	}
	return nil, played, nil
}

var (
	violation = regexp.MustCompile(`seed (\d+): (I\d+) at day [^:]*:\d\d:[^:]*: (.*)`)
	panicking = regexp.MustCompile(`(?m)^panic: .*`)
)

// judge parts what worlds have found from what has kept a process from playing them.
func judge(out string, err error) (*finding, error) {
	if err == nil {
		return nil, nil
	}
	exited := (*exec.ExitError)(nil)
	if !errors.As(err, &exited) || !exited.Exited() {
		return nil, fmt.Errorf("the process that plays the worlds did not come to its end: %w\n%s", err, tail(out))
	}
	panicked := panicking.FindString(out)
	if short := shortage(out); short != "" || strings.Contains(out, notPlayed) ||
		strings.HasPrefix(panicked, "panic: test timed out") {
		return nil, fmt.Errorf("the worlds could not be played on this machine: %s", tail(out))
	}
	if found := violation.FindStringSubmatch(out); found != nil {
		return &finding{found[1], found[2], found[3]}, nil
	}
	if panicked != "" {
		return &finding{"?", "a panic", panicked}, nil
	}
	return nil, fmt.Errorf("the process that plays the worlds failed, and no invariant did: %w\n%s", err, tail(out))
}

// tail is the end of a long text.
func tail(text string) string { return text[max(0, len(text)-2000):] }

const (
	violated = "    worlds_test.go:60: seed 3: I2 at day 0 00:28:00.000000000: p1 run has left an intent open\n"
	loudly   = "panic: assignment to entry in nil map [recovered]\n\ngoroutine 7 [running]:\n"
)

// TestJudge holds that only an invariant's own word, or a panic, is a finding.
func TestJudge(t *testing.T) {
	fails, killed := exec.Command("sh", "-c", "exit 1").Run(), exec.Command("sh", "-c", "kill -KILL $$").Run()
	unstarted := exec.Command("/nonexistent").Run()
	for _, c := range []struct {
		out  string
		err  error
		by   string
		fail bool
	}{
		{out: "PASS\n"},
		{out: violated, err: fails, by: "I2"},
		{out: loudly, err: fails, by: "a panic"},
		{out: "p1 run: the disk fails: " + errDisk.Error() + "\n" + violated, err: fails, by: "I2"},
		{out: violated, err: killed, fail: true},
		{err: killed, fail: true},
		{err: fails, fail: true},
		{err: unstarted, fail: true},
		{out: "panic: test timed out after 20m0s\n", err: fails, fail: true},
		{out: violated + "write /dev/shm/x: no space left on device\n", err: fails, fail: true},
		{out: "seed 3 " + notPlayed + ": the ledger cannot be made: not a directory\n", err: fails, fail: true},
		{out: "seed 3: simulation at day 0 00:00:00.000000000: the ledger cannot be made\n", err: fails, fail: true},
		{out: "in no world there was: kustomer: budget used up by others\n", err: fails, fail: true},
	} {
		found, err := judge(c.out, c.err)
		if (err != nil) != c.fail || (found != nil) != (c.by != "") || found != nil && found.by != c.by {
			t.Errorf("%q, %v: found %+v, %v", c.out, c.err, found, err)
		}
	}
}

// TestHunt holds that a seed counts only where it is clean without the fault, and that no more than so many are
// played.
func TestHunt(t *testing.T) {
	fails := exec.Command("sh", "-c", "exit 1").Run()
	clean := func(int, int) (string, error) { return "PASS\n", nil }
	if found, played, err := hunt(5, clean, clean); found != nil || played != 5 || err != nil {
		t.Errorf("of 5 seeds %d were played: found %+v, %v", played, found, err)
	}
	total := 0
	_, _, _ = hunt(1, func(first, count int) (string, error) {
		total += count
		return clean(first, count)
	}, clean)
	if total != 1 {
		t.Errorf("of 1 seed %d were played", total)
	}
	shows := func(text string) player {
		return func(int, int) (string, error) { return text, fails }
	}
	var first, count int
	control := func(f, c int) (string, error) {
		first, count = f, c
		return clean(f, c)
	}
	if found, _, err := hunt(8, shows(violated), control); found == nil || err != nil || first != 3 || count != 1 {
		t.Errorf("found %+v, %v; the control has played %d from %d on", found, err, count, first)
	}
	// Which seed has panicked nobody knows.
	if found, played, err := hunt(8, shows(loudly), control); found == nil || err != nil || first != 1 || count != played {
		t.Errorf("found %+v, %v; the control has played %d from %d on", found, err, count, first)
	}
	for _, without := range []player{shows(violated), shows(loudly), shows("")} {
		if found, _, err := hunt(8, shows(violated), without); found != nil || err == nil {
			t.Errorf("found %+v, although the control is not clean", found)
		}
	}
}

// TestChosen holds that a name that is none does not pass, and that the names can be found.
func TestChosen(t *testing.T) {
	for _, c := range []struct {
		pattern string
		most    int
		n       int
		says    string
	}{
		{"", 0, 0, ""},
		{".", 1, len(plantedFaults), ""},
		{"^gt for gte$", 400, 1, ""},
		{"nosuch", 400, 0, "\n  gt for gte\n"},
		{"?", 400, 0, "\n  gt for gte\n"},
		{"(", 400, 0, "missing closing )"},
		{".", 0, 0, "-sim.planted.seeds=0"},
		{".", -3, 0, "-sim.planted.seeds=-3"},
	} {
		list, err := chosen(c.pattern, c.most)
		if len(list) != c.n || (err != nil) != (c.says != "") ||
			err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("-sim.planted=%s -sim.planted.seeds=%d: %d chosen, %v", c.pattern, c.most, len(list), err)
		}
	}
}
