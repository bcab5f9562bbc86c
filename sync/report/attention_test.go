package report

import (
	"slices"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// TestHandsOfACalmPass: where all is well, nothing "needs a hand" below that.
func TestHandsOfACalmPass(t *testing.T) {
	for _, test := range []struct {
		rejected int
		want     string
	}{{0, "an be mended"}, {1, "eeds a hand</h2>"}} {
		rows := &Rows{}
		rows.Observe(surveysync.Disposed{Row: surveysync.Row{
			Key: store.Key{Conversation: explainedID}, State: store.Skipped, Reason: decide.MaskedEmail, Resolution: at,
		}})
		p := sending(false, 12, 7, 0)
		p.Counts[store.Rejected] = test.rejected
		r := New(p, Detail{Rows: rows})
		page, markdown := render(t, "html", r), render(t, "md", r)
		if !strings.Contains(page, test.want) || !strings.Contains(markdown, strings.TrimSuffix(test.want, "</h2>")) {
			t.Errorf("%s: no %q", r.Verdict.Level, test.want)
		}
		if test.rejected == 0 && strings.Contains(page+markdown, "eeds a hand\n") {
			t.Errorf("%s, and something needs a hand", r.Verdict.Level)
		}
	}
}

// TestHandsOfSkippedRecoveries tells of those that were never asked about for being recoveries wherever what needs a hand is told.
func TestHandsOfSkippedRecoveries(t *testing.T) {
	attention, rows := &Attention{}, &Rows{}
	for _, reason := range []decide.Reason{decide.NoFirstRequest, decide.NoAgent, decide.NoRecovery} {
		disposed := surveysync.Disposed{Row: surveysync.Row{
			Key: store.Key{Conversation: string(reason)}, State: store.Skipped, Reason: reason, Resolution: at,
		}}
		attention.Observe(disposed)
		rows.Observe(disposed)
	}
	if len(attention.Rows) != 1 || attention.Rows[0].Reason != decide.NoFirstRequest {
		t.Errorf("kept %+v", attention.Rows)
	}
	p := sending(false, 12, 9, 0)
	p.Reasons = surveysync.Reasons{store.Skipped: {decide.NoFirstRequest: 1, decide.NoAgent: 1, decide.NoRecovery: 1}}
	p.Attention = attention.Rows
	r := New(p, Detail{Rows: rows})
	if r.Verdict.Level != doc.LevelAttention || !strings.Contains(r.Verdict.Detail, "1 was never asked about, and is skipped as a recovery") {
		t.Errorf("got %+v", r.Verdict)
	}
	const todo = `recovery.without_first = "ask" asks these`
	if !slices.ContainsFunc(r.Verdict.Todo, func(line string) bool { return strings.Contains(line, "1 skipped (no_first_request): "+todo) }) {
		t.Errorf("to do: %q", r.Verdict.Todo)
	}
	for _, name := range []string{"html", "md", "json"} {
		if got := strings.ReplaceAll(render(t, name, r), "\\", ""); !strings.Contains(got, "no_first_request") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
