package app

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

// TestEndings says of every exit code what it means and, where it is more than an answer, what to do.
func TestEndings(t *testing.T) {
	got := map[int]string{}
	for _, code := range exit.All() {
		ending := exitAdvice(int(code))
		meaning := code.String()
		// How a second signal ends the program is no pass's code: that has left no summary.
		if code >= exit.HungUp {
			meaning, _, _ = strings.Cut(meaning, ": ")
		}
		if ending.Meaning != meaning || strings.Contains(meaning, "second") || (ending.Todo == "") != (code == exit.Done || code == exit.WouldSend) {
			t.Errorf("%d: %+v", code, ending)
		}
		got[int(code)] = ending.Level
	}
	want := map[int]string{
		0: report.SignalOK, 20: report.SignalOK, 3: report.SignalLook, 5: report.SignalLook, 129: report.SignalLook, 130: report.SignalLook, 131: report.SignalLook, 143: report.SignalLook,
		1: report.SignalAct, 4: report.SignalAct, 10: report.SignalAct, 11: report.SignalAct, 12: report.SignalAct, 13: report.SignalAct, 14: report.SignalAct,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if unknown := exitAdvice(2); unknown.Level != report.SignalAct || unknown.Meaning != "" {
		t.Errorf("an unknown code: %+v", unknown)
	}
}

// TestPastWindow reads the range of passes. By itself it begins with the midnight six days before today, where the clocks stand.
func TestPastWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 10, 27, 23, 30, 0, 0, time.UTC) // the 28th there; the clocks were changed on the 25th
	for _, test := range []struct {
		name       string
		flags      []string
		begin, end string
	}{
		{"by itself", nil, "2026-10-22T00:00:00+02:00", "2026-10-28T00:30:00+01:00"},
		{"dates", []string{"--from", "2026-10-01", "--to", "2026-10-20"}, "2026-10-01T00:00:00+02:00", "2026-10-20T00:00:00+02:00"},
		{"cut at now", []string{"--from", "2026-10-01", "--to", "2026-11-01"}, "2026-10-01T00:00:00+02:00", "2026-10-28T00:30:00+01:00"},
		{"cut, by itself", []string{"--to", "2027-11-01"}, "2026-10-22T00:00:00+02:00", "2026-10-28T00:30:00+01:00"},
		{"in the future", []string{"--from", "2026-11-01", "--to", "2026-11-02"}, "", ""},
		{"from some while ago", []string{"--from", "2d ago"}, "2026-10-26T00:30:00+01:00", "2026-10-28T00:30:00+01:00"},
		{"nothing in it", []string{"--from", "2026-10-02", "--to", "2026-10-01"}, "", ""},
		{"not given", []string{"--from", ""}, "", ""},
		{"up to a date", []string{"--to", "2026-10-01"}, "2026-09-24T00:00:00+02:00", "2026-10-01T00:00:00+02:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			command := passesCommand(&commandLine{})
			command.Action = func(c *cli.Context) error {
				w, cut, err := pastWindow(c, times{now: now, zone: berlin})
				if (err != nil) != (test.begin == "") {
					t.Fatalf("the error is %v", err)
				}
				if err == nil && cut != strings.HasPrefix(test.name, "cut") {
					t.Errorf("cut: %t", cut)
				}
				got := []string{w.From.In(berlin).Format(time.RFC3339), w.To.In(berlin).Format(time.RFC3339)}
				if diff := cmp.Diff([]string{test.begin, test.end}, got); err == nil && diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				return nil
			}
			line := &cli.App{Commands: []*cli.Command{command}}
			if err := line.Run(append([]string{"acsync", "passes"}, test.flags...)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestDoneWindow reads the range of report. By itself it is the last whole week, of Monday to Monday, where the clocks stand; a
// demonstration's is all there is.
func TestDoneWindow(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tuesday := time.Date(2026, 10, 27, 23, 30, 0, 0, time.UTC) // Wednesday there; the clocks were changed on Sunday, the 25th
	monday := time.Date(2026, 10, 25, 23, 0, 0, 0, time.UTC)   // the first moment of a Monday there
	demo := &tenant.Demo{Start: tuesday.Add(-80 * time.Hour)}
	for _, test := range []struct {
		name       string
		now        time.Time
		demo       *tenant.Demo
		flags      []string
		begin, end string
	}{
		{"by itself", tuesday, nil, nil, "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		{"on a Monday", monday, nil, nil, "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		{"on a Sunday", monday.Add(-time.Second), nil, nil, "2026-10-12T00:00:00+02:00", "2026-10-19T00:00:00+02:00"},
		{"dates", tuesday, nil, []string{"--from", "2026-10-01", "--to", "2026-10-20"}, "2026-10-01T00:00:00+02:00", "2026-10-20T00:00:00+02:00"},
		{"from alone", tuesday, nil, []string{"--from", "2026-10-01"}, "2026-10-01T00:00:00+02:00", "2026-10-28T00:30:00+01:00"},
		{"to alone", tuesday, nil, []string{"--to", "2026-10-27"}, "2026-10-20T00:00:00+02:00", "2026-10-27T00:00:00+01:00"},
		{"cut at now", tuesday, nil, []string{"--from", "2026-10-01", "--to", "2026-11-01"}, "2026-10-01T00:00:00+02:00", "2026-10-28T00:30:00+01:00"},
		{"a demonstration", tuesday, demo, nil, "2026-10-24T17:30:00+02:00", "2026-10-28T00:30:00+01:00"},
		{"a demonstration of a day", tuesday, demo, []string{"--from", "2026-10-27"}, "2026-10-27T00:00:00+01:00", "2026-10-28T00:30:00+01:00"},
		{"in the future", tuesday, nil, []string{"--from", "2026-11-01"}, "", ""},
		{"nothing in it", tuesday, nil, []string{"--from", "2026-10-02", "--to", "2026-10-02"}, "", ""},
		{"two years ago", tuesday, nil, []string{"--from", "2024-10-01"}, "", ""},
		{"not given", tuesday, nil, []string{"--to", ""}, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			command := reportCommand(&commandLine{})
			command.Action = func(c *cli.Context) error {
				w, cut, err := doneWindow(c, times{now: test.now, zone: berlin}, test.demo)
				if (err != nil) != (test.begin == "") {
					t.Fatalf("the error is %v", err)
				}
				if err == nil && cut != strings.HasPrefix(test.name, "cut") {
					t.Errorf("cut: %t", cut)
				}
				got := []string{w.From.In(berlin).Format(time.RFC3339), w.To.In(berlin).Format(time.RFC3339)}
				if diff := cmp.Diff([]string{test.begin, test.end}, got); err == nil && diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				return nil
			}
			line := &cli.App{Commands: []*cli.Command{command}}
			if err := line.Run(append([]string{"acsync", "report"}, test.flags...)); err != nil {
				t.Fatal(err)
			}
		})
	}
}
