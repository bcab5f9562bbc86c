package report

import (
	"bytes"
	"testing"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
)

// applied is a plan that was carried out in part: some had changed, and --max ended it.
func applied() Pass {
	p := backfilled()
	p.Mode, p.Backfill, p.Made = "apply", store.Backfill{}, at.Add(-2*time.Hour)
	p.Counts = map[store.State]int{store.Accepted: 20, store.Scheduled: 2, store.Skipped: 3}
	p.Reasons = surveysync.Reasons{
		store.Scheduled: {surveysync.Paused: 2}, store.Skipped: {surveysync.PlanChanged: 2, surveysync.AlreadySent: 1},
	}
	p.Found, p.Due, p.Exit, p.Forgotten, p.Attention = 25, 0, 0, 0, nil
	p.Notices = []string{"2 of the 25 conversations of the plan are not as planned any more, and were not sent; a new plan or the next run decides about them anew"}
	return p
}

// TestApplyTable shows a plan that was carried out: which one it was, that the checkpoint stays, and how it goes on.
func TestApplyTable(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, applied(), Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, "apply.txt", out.Bytes())
}

// TestApplyReport holds that report files name the plan.
func TestApplyReport(t *testing.T) {
	made := New(applied(), Detail{})
	for name, render := range map[string]Renderer{"html": HTML, "markdown": Markdown} {
		var out bytes.Buffer
		if err := render(&out, made); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Carries out the plan of 2026-11-22 18:", "the same apply again"} {
			if !bytes.Contains(out.Bytes(), []byte(want)) {
				t.Errorf("the %s lacks %q", name, want)
			}
		}
	}
}
