package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	surveysync "acsync/sync"
	"acsync/sync/fetch"
	"acsync/sync/tenant"
)

func TestETA(t *testing.T) {
	tests := []struct {
		name     string
		estimate fetch.Estimate
		want     string
	}{
		{"hours", fetch.Estimate{Conversations: 12_300}, "about 12,300 conversations, at most 2 h 3 min at 100/min"},
		{"one", fetch.Estimate{Conversations: 1}, "about 1 conversation, at most 1 min at 100/min"},
		{"minutes", fetch.Estimate{Conversations: 901}, "about 901 conversations, at most 10 min at 100/min"},
		{"none", fetch.Estimate{}, "about 0 conversations"},
		{"more than are counted", fetch.Estimate{Conversations: 10_000, More: true}, "at least 10,000 conversations"},
		{"projected", fetch.Estimate{Conversations: 1_234_567, Rough: true}, "about 1,234,567 conversations, at most 205 h 46 min at 100/min"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := eta(test.estimate, 100); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestPulse lets a pass of five minutes go by: the log has a line for each, with the time that is left.
func TestLogProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := &logProgress{log: slog.New(slog.NewTextHandler(&out, nil)), progress: &progress{perMinute: 100}}
		p.Observe(surveysync.Estimated{Estimate: fetch.Estimate{Conversations: 1000}})
		p.Observe(surveysync.PassStarted{})
		p.Observe(surveysync.WindowRead{Found: 400})
		for range 300 {
			time.Sleep(time.Second)
			p.Observe(surveysync.Disposed{})
		}
		if lines := strings.Count(out.String(), "msg=progress"); lines != 5 {
			t.Errorf("%d lines in five minutes:\n%s", lines, out.String())
		}
		if last := `done=300 found=400 per_minute=60 about=1000 left="12 min"`; !strings.Contains(out.String(), last) {
			t.Errorf("no line says %s:\n%s", last, out.String())
		}
	})
}

// TestLogProgressOfAPause tells also of a pass to which nothing happens what it waits for.
func TestLogProgressOfAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		p := &logProgress{
			log: slog.New(slog.NewTextHandler(&out, nil)), progress: &progress{perMinute: 100},
			waiting: func() tenant.Wait { return tenant.Wait{Text: "pausing for Kustomer"} },
		}
		stop := p.start()
		time.Sleep(3*time.Minute + time.Second)
		stop()
		stop()
		time.Sleep(10 * time.Minute)
		if lines := strings.Count(out.text(), `waiting="pausing for Kustomer"`); lines != 3 {
			t.Errorf("%d lines in three minutes:\n%s", lines, out.text())
		}
	})
}
