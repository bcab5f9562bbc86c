package report

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// backfilled is a back-fill of a week that was stopped by --max.
func backfilled() Pass {
	p := mixed()
	p.Mode, p.Limit, p.Exit, p.Notices, p.Late = "backfill", "max", 3, nil, 0
	p.Backfill = store.Backfill{From: at.AddDate(0, 0, -9), To: at.AddDate(0, 0, -2), Position: at.AddDate(0, 0, -6), Begun: at.AddDate(0, 0, -1)}
	p.Counted = fetch.Estimate{Conversations: 1240}
	p.Again = "acsync backfill --config 'my config.toml' --from 2026-11-13T20:15:00Z --to 2026-11-20T20:15:00Z --max 360"
	p.Window = fetch.Window{From: at.AddDate(0, 0, -8), To: p.Backfill.To}
	p.Counts[store.Retry], p.Counts[store.Scheduled] = 0, 2
	p.Reasons[store.Scheduled] = map[decide.Reason]int{decide.Paused: 2}
	return p
}

// finished is the same once more, when there is nothing left to do.
func finished() Pass {
	p := backfilled()
	p.Limit, p.Exit, p.Found, p.Due, p.Counts, p.Reasons, p.Attention = "", 0, 0, 0, nil, nil, nil
	p.Backfill.Position, p.Backfill.Finished = p.Backfill.To, at.Add(-time.Hour)
	p.Window.From = p.Window.To
	return p
}

func TestBackfillTable(t *testing.T) {
	for name, pass := range map[string]Pass{"backfill": backfilled(), "backfill-finished": finished()} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := doc.Text(&out, passDoc(pass), doc.Style{Width: 80}); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", out.Bytes())
		})
	}
}

// left is what the JSON of a pass says of the rest.
type left struct {
	From, To, Command string
	Conversations     *int
	AtLeast           bool `json:"at_least"`
	Seconds           *float64
}

func leftOf(t *testing.T, text []byte) *left {
	t.Helper()
	var told struct{ Backfill *struct{ Left *left } }
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	if told.Backfill == nil {
		t.Fatalf("no back-fill in %s", text)
	}
	return told.Backfill.Left
}

// TestBackfillRest tells in every form what a back-fill has left, how long that takes, and the command for it; of what is not
// known it says nothing, and of one that is done that it is.
func TestBackfillRest(t *testing.T) {
	few := backfilled()
	few.Counted.Conversations = few.Found
	few.EndedBy, few.Limit = "max-duration", "max-duration"
	uncounted := backfilled()
	uncounted.Counted, uncounted.Limit, uncounted.EndedBy = fetch.Estimate{}, "", "SIGINT"
	many := backfilled()
	many.Counted = fetch.Estimate{Conversations: 10_000, More: true}
	none := backfilled()
	none.Found, none.Counts, none.Reasons, none.Limit, none.Attention = 0, nil, nil, "", nil
	skips := backfilled()
	skips.Counts, skips.Reasons, skips.Attention = map[store.State]int{store.Skipped: 412}, nil, nil
	blown := backfilled()
	blown.Limit, blown.Fuse = "", "max_per_run: 5000 survey requests were created in this pass"
	refused := backfilled()
	refused.Limit, refused.EndedBy = "", "credentials"
	damaged := backfilled()
	damaged.Limit, damaged.EndedBy = "", "ledger"
	ended := backfilled()
	ended.Limit, ended.Backfill.Position = "", ended.To
	for name, test := range map[string]struct {
		pass Pass
		text string
		left *left
	}{
		"max":          {backfilled(), "Not finished (stopped at --max). Left: about 830 conversations, 4 of 7 days of the range; about 8 minutes at this pass's pace (99 survey requests a minute). To go on:", &left{Conversations: new(830), Seconds: new(435.)}},
		"max-duration": {few, "about 2 conversations, 4 of 7 days of the range; a minute at most at this pass's pace (99 survey requests a minute). To go on:", &left{Conversations: new(2), Seconds: new(1.)}},
		"uncounted":    {uncounted, "Not finished. Left: 4 of 7 days of the range. To go on:", &left{}},
		"at least":     {many, "at least 9,590 conversations, 4 of 7 days of the range. To go on:", &left{Conversations: new(9590), AtLeast: true}},
		"nothing done": {none, "Not finished. Left: about 1,240 conversations, 4 of 7 days of the range. To go on:", &left{Conversations: new(1240)}},
		"only skips":   {skips, "about 828 conversations, 4 of 7 days of the range; about 8 minutes at this pass's pace (115 conversations a minute). To go on:", &left{Conversations: new(828), Seconds: new(432.)}},
		"fuse":         {blown, "about 8 minutes at this pass's pace (99 survey requests a minute). To go on, once you know why the fuse blew:", &left{Conversations: new(830), Seconds: new(435.)}},
		"key refused":  {refused, "about 8 minutes at this pass's pace (99 survey requests a minute). To go on, once that is mended:", &left{Conversations: new(830), Seconds: new(435.)}},
		"ledger":       {damaged, "Not finished: it goes on at 2026-11-16 20:15:00 UTC with --from", nil},
		"finished":     {ended, "The back-fill is finished.", nil},
	} {
		t.Run(name, func(t *testing.T) {
			made := New(test.pass, Detail{})
			if test.left != nil {
				test.left.From, test.left.To, test.left.Command = "2026-11-16T20:15:00.000Z", "2026-11-20T20:15:00.000Z", test.pass.Again
			}
			var asJSON, asReport, text bytes.Buffer
			if err := JSON(&asJSON, test.pass); err != nil {
				t.Fatal(err)
			}
			if err := writeJSON(&asReport, made.object(), indented); err != nil {
				t.Fatal(err)
			}
			for _, text := range [][]byte{asJSON.Bytes(), asReport.Bytes()} {
				if diff := cmp.Diff(test.left, leftOf(t, text)); diff != "" {
					t.Error(diff)
				}
			}
			for form, render := range map[string]func(io.Writer, doc.Doc) error{
				"html": doc.HTML, "markdown": doc.Markdown, "text": func(w io.Writer, d doc.Doc) error { return doc.Text(w, d, doc.Style{Width: 80}) },
			} {
				text.Reset()
				if err := render(&text, ReportDoc(made, 0)); err != nil {
					t.Fatal(err)
				}
				shown := strings.NewReplacer("&#39;", "'", "\u2060", "", "\\", "").Replace(text.String())
				flat := strings.Join(strings.Fields(noTags.ReplaceAllString(shown, "")), " ")
				if !strings.Contains(flat, test.text) {
					t.Errorf("the %s lacks %q:\n%s", form, test.text, flat)
				}
				if whole := strings.Contains(shown, test.pass.Again); whole != (test.left != nil) {
					t.Errorf("the %s has the command: %t", form, whole)
				}
			}
		})
	}
}

var noTags = regexp.MustCompile(`<[^>]*>`)
