package report

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// applied is a plan that was carried out in part: some had changed, and --max ended it.
func applied() Pass {
	p := backfilled()
	p.Mode, p.Backfill, p.Made = "apply", store.Backfill{}, at.Add(-2*time.Hour)
	p.Counts = map[store.State]int{store.Accepted: 20, store.Scheduled: 2, store.Skipped: 3}
	p.Reasons = surveysync.Reasons{
		store.Scheduled: {decide.Paused: 2}, store.Skipped: {decide.PlanChanged: 2, decide.AlreadySent: 1},
	}
	p.Found, p.Due, p.Exit, p.Forgotten, p.Attention = 25, 0, 0, 0, nil
	p.Plan = "3f9a-51c2-d0e4-7b68"
	p.Notices = []string{"2 of the 25 conversations of the plan are not as planned any more, and were not sent; a new plan or the next run decides about them anew"}
	return p
}

// TestApplyTable shows a plan that was carried out: which one it was, that the checkpoint stays, and how it goes on.
func TestApplyTable(t *testing.T) {
	var out bytes.Buffer
	if err := doc.Text(&out, passDoc(applied()), doc.Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, "apply.txt", out.Bytes())
}

// TestApplyReport holds that report files name the plan.
func TestApplyReport(t *testing.T) {
	made := New(applied(), Detail{})
	for name, render := range map[string]func(io.Writer, doc.Doc) error{"html": doc.HTML, "markdown": doc.Markdown} {
		var out bytes.Buffer
		if err := render(&out, ReportDoc(made, 0)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Carries out the plan of 2026-11-22 18:", "3f9a-51c2-d0e4-7b68", "the same apply again"} {
			if !bytes.Contains(out.Bytes(), []byte(want)) {
				t.Errorf("the %s lacks %q", name, want)
			}
		}
	}
}

// TestApplyUnfinished tells in every ending how a plan goes on, and does not promise that later passes carry it out.
func TestApplyUnfinished(t *testing.T) {
	stopped := applied()
	stopped.Limit = ""
	blown := stopped
	blown.Fuse = "server_failures: 5 requests in a row got no usable answer"
	for name, p := range map[string]Pass{"a signal": stopped, "a fuse": blown} {
		var out bytes.Buffer
		if err := doc.Text(&out, passDoc(p), doc.Style{Width: 200}); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); !strings.Contains(text, "Not finished: the same apply again sends the rest") ||
			strings.Contains(text, "later pass") || strings.Contains(text, "Stopped at") {
			t.Errorf("after %s:\n%s", name, text)
		}
	}
}

// TestWords shows the cause of a doubt where there is little room.
func TestWords(t *testing.T) {
	for message, want := range map[string]string{
		"agent connect: POST /v1/requests: no answer: EOF": "no answer: EOF",
		"Employee not found: ***":                          "Employee not found: ***",
		"agent connect":                                    "agent connect",
	} {
		if got := causeOf(message); got != want {
			t.Errorf("%q: got %q, want %q", message, got, want)
		}
	}
}
