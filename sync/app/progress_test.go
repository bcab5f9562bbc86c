package app

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/fetch"
	"acsync/sync/tenant"
)

var (
	accepted = surveysync.Disposed{Row: surveysync.Row{State: store.Accepted, Status: 200}}
	skipped1 = surveysync.Disposed{Row: surveysync.Row{State: store.Skipped}}
)

// TestProgressLine follows a pass of two windows, of which the second holds more than was counted, and looks at
// its line at each step.
func TestProgressLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &progress{perMinute: 100}
		begin := time.Now()
		end := begin.Add(time.Hour)
		var wait tenant.Wait
		expect := func(width int, want string) {
			t.Helper()
			if got := p.standing(time.Now()).line(width, wait); got != want {
				t.Errorf("in %d columns\n got %s\nwant %s", width, got, want)
			}
		}
		expect(79, "getting ready")
		p.Observe(surveysync.Estimated{Estimate: fetch.Estimate{Conversations: 395}})
		p.Observe(surveysync.PassStarted{Due: 5, Window: fetch.Window{From: begin, To: end}})
		// Nothing is known of the pace but the limit.
		expect(79, "sending what waited 0 of about 400 · 0% · at most 4 min left")
		for range 5 {
			p.Observe(accepted)
		}
		expect(79, "reading 5 of about 400 · ░░░░░░░░░░░░░░░░░░░░░░░░ · 1% · at most 4 min left")
		p.Observe(surveysync.WindowRead{Window: fetch.Window{From: begin, To: begin.Add(30 * time.Minute)}, Found: 200, Send: 100})
		for range 100 {
			p.Observe(skipped1)
		}
		for range 30 {
			time.Sleep(2 * time.Second)
			p.Observe(accepted)
		}
		// Half of the rest is to be sent, at one in two seconds: 70 of this window, and 97 of what is to come.
		expect(130, "done with 135 of about 400 · ████████░░░░░░░░░░░░░░░░ · 33% · 35/min · about 5 min left · read up to 2000-01-01 00:30 UTC")
		expect(79, "done with 135 of about 400 · 33% · 35/min · about 5 min left")
		wait = tenant.Wait{Text: "paced by Agent Connect, 30/min", Brief: "paced by Agent Connect"}
		expect(99, "done with 135 of about 400 · 33% · 35/min · about 5 min left · paced by Agent Connect, 30/min")
		expect(79, "done with 135 of about 400 · 35/min · about 5 min left · paced by Agent Connect")
		expect(39, "done with 135 of about 400")
		wait = tenant.Wait{Text: "pausing 42s for Agent Connect: the server answered 429", Brief: "pausing 42s"}
		expect(39, "135 of about 400 · pausing 42s")
		wait = tenant.Wait{}
		p.Observe(surveysync.WindowRead{Window: fetch.Window{From: begin.Add(30 * time.Minute), To: end}, Found: 250, Send: 0})
		for range 250 {
			p.Observe(skipped1)
		}
		expect(79, "done with 385 of 455 · 84% · 35/min · about 2 min left")
		for range 70 {
			p.Observe(accepted)
		}
		expect(79, "finishing 455 of 455 · 100% · 105/min · read up to 2000-01-01 01:00 UTC")
	})
}

// TestProgressGoesForward lets a pass find more than was counted: it says so, and shows no share that falls.
func TestProgressGoesForward(t *testing.T) {
	for name, counted := range map[string]*surveysync.Estimated{
		"nothing was counted": nil,
		"too few":             {Estimate: fetch.Estimate{Conversations: 300}},
		"at least":            {Estimate: fetch.Estimate{Conversations: 300, More: true}},
		"roughly":             {Estimate: fetch.Estimate{Conversations: 5000, Rough: true}},
	} {
		p, begin, last := &progress{}, time.Now(), 0.0
		if counted != nil {
			p.Observe(*counted)
		}
		p.Observe(surveysync.PassStarted{Window: fetch.Window{From: begin, To: begin.Add(10 * time.Hour)}})
		for hour := range 10 {
			p.Observe(surveysync.WindowRead{Window: fetch.Window{From: begin, To: begin.Add(time.Duration(hour+1) * time.Hour)}, Found: 100})
			for range 100 {
				p.Observe(skipped1)
				s := p.standing(time.Now())
				if s.total == 0 {
					continue
				}
				share := float64(s.done) / float64(s.total)
				if share < last || share > 1 {
					t.Fatalf("%s: %d of %d behind %.2f", name, s.done, s.total, last)
				}
				last = share
			}
		}
		if last != 1 {
			t.Errorf("%s: in the end the share is %.2f", name, last)
		}
	}
}

// TestProgressEndsWithTheLimits says how long it is to --max and --max-duration, where these come first.
func TestProgressEndsWithTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			p    *progress
			want string
		}{
			{&progress{perMinute: 100}, "about 66 min left"},
			{&progress{perMinute: 100, max: 150}, "about 2 min left"},
			{&progress{perMinute: 100, most: 5 * time.Minute}, "at most 4 min left"},
		} {
			begin := time.Now()
			test.p.Observe(surveysync.Estimated{Estimate: fetch.Estimate{Conversations: 4000}})
			test.p.Observe(surveysync.PassStarted{Window: fetch.Window{From: begin, To: begin.Add(time.Hour)}})
			test.p.Observe(surveysync.WindowRead{Window: fetch.Window{From: begin, To: begin.Add(time.Minute)}, Found: 400, Send: 400})
			for range 60 {
				time.Sleep(time.Second)
				test.p.Observe(accepted)
			}
			if got := test.p.standing(time.Now()).leftWords(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		}
	})
}

// TestProgressTimeIsSteady looks each second at a pass that sends evenly, and rests in between: the minutes that
// are told go down one by one, and up only for the rest.
func TestProgressTimeIsSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begin := &progress{perMinute: 100}, time.Now()
		p.Observe(surveysync.Estimated{Estimate: fetch.Estimate{Conversations: 900}})
		p.Observe(surveysync.PassStarted{Window: fetch.Window{From: begin, To: begin.Add(time.Hour)}})
		p.Observe(surveysync.WindowRead{Window: fetch.Window{From: begin, To: begin.Add(time.Hour)}, Found: 900, Send: 900})
		changes, before := 0, ""
		for i := range 900 {
			time.Sleep(time.Duration(500+i%3*100) * time.Millisecond)
			p.Observe(accepted)
			if now := p.standing(time.Now()).leftWords(); now != before {
				changes, before = changes+1, now
			}
		}
		if changes > 12 {
			t.Errorf("the time left has changed %d times in nine minutes", changes)
		}
	})
}

// TestProgressFits shows whatever a pass comes to on narrow and wide terminals: no line is too long, and none
// is empty.
func TestProgressFits(t *testing.T) {
	for width := 10; width <= 220; width += 7 {
		for _, wait := range []tenant.Wait{
			{},
			{Text: "paced by Agent Connect's data, 100/min", Brief: "paced by Agent Connect's data"},
			{Text: strings.Repeat("waiting for something ", 12), Brief: "waiting"},
		} {
			for _, s := range []standing{
				{phase: gettingReady},
				{phase: "reading"},
				{phase: "sending", done: 1234567, found: 2345678, perMinute: 98, left: 300 * time.Hour, until: time.Now()},
				{phase: "sending what waited", done: 5, total: 123456, words: "about 123,456", left: 3 * time.Minute, bound: true},
			} {
				if line := s.line(width, wait); line == "" || text.StringWidthWithoutEscSequences(line) > width || strings.Contains(line, "\n") {
					t.Errorf("in %d columns: %q", width, line)
				}
			}
		}
	}
}
