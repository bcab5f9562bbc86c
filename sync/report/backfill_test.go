package report

import (
	"bytes"
	"testing"
	"time"

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
