package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// perfData is how monitors read a line of a plugin: text, a bar, and figures with units that they know.
var perfData = regexp.MustCompile(`^ACSYNC (OK|WARNING|CRITICAL|UNKNOWN): [^|\n]+ \|( [a-z_]+=\d+(s|B)?;;;0)+$`)

func TestProbe(t *testing.T) {
	for _, test := range []struct {
		change func(*Status)
		code   int
		begins string
	}{
		{func(*Status) {}, 0, "ACSYNC OK: all lights are green, "},
		{func(s *Status) { s.Counts[store.Retry] = 2 }, 1, "ACSYNC WARNING: retries: 2, not taken yet | "},
		{
			func(s *Status) { s.Counts[store.Retry], s.Counts[store.InDoubt] = 2, 1 }, 2,
			"ACSYNC CRITICAL: in doubt: 1, not sent again by themselves; retries: 2, not taken yet | ",
		},
		{
			func(s *Status) { s.Place.Refused = "a | b\nc" }, 2, "ACSYNC CRITICAL: place: a / b c | ",
		},
		{func(s *Status) { s.Last, s.Checkpoint = nil, at.Add(time.Hour) }, 2, "ACSYNC CRITICAL: checkpoint: "},
	} {
		status := well()
		test.change(&status)
		probe := ProbeOf(status)
		if probe.Code != test.code || !strings.HasPrefix(probe.Line, test.begins) {
			t.Errorf("%d %s, want %d %s", probe.Code, probe.Line, test.code, test.begins)
		}
		if !perfData.MatchString(probe.Line) {
			t.Errorf("no line of a plugin: %s", probe.Line)
		}
	}
}

// TestAcknowledged holds that what was seen turns no light, and what comes after it does.
func TestAcknowledged(t *testing.T) {
	rejecting := func(ended time.Time) store.Run {
		return store.Run{
			Mode: "run", Started: ended, Ended: ended, Exit: 3, Counts: map[string]int{"accepted": 9, "rejected": 4},
			Reasons: map[string]int{"refused": 1, "gave_up": 1, "rule_error:vip": 2},
		}
	}
	seen := rejecting(at.Add(-2 * time.Hour))
	later := rejecting(at.Add(-time.Minute))
	for _, test := range []struct {
		runs []store.Run
		want string
	}{
		{[]store.Run{seen}, SignalOK}, {[]store.Run{later, seen}, SignalLook}, {nil, SignalOK},
	} {
		status := well()
		status.Acknowledged = at.Add(-time.Hour)
		status.Recent = NewRecent(test.runs, at, status.Acknowledged)
		if len(test.runs) > 0 {
			status.Last, status.Ending = &test.runs[0], endingOf(3)
		}
		for _, signal := range status.Signals() {
			if name := signal.Name; (name == "rejections" || name == "last pass") && signal.Level != test.want {
				t.Errorf("after %d passes %s is %s: %s", len(test.runs), name, signal.Level, signal.Text)
			}
		}
	}
}
