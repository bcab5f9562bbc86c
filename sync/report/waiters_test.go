package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
)

// TestWaiters names the first of those that wait for a ledger and says how many do, whether its holder tells a status
// or not; for programs it names all.
func TestWaiters(t *testing.T) {
	list := []store.Waiter{
		{PID: 7, Host: "jobs-1", Mode: "run", Since: at.Add(-5 * time.Minute), At: at.Add(-time.Second)},
		{PID: 8, Host: "jobs-1", Mode: "report", Since: at.Add(-4 * time.Minute), At: at},
		{PID: 9, Host: "jobs-2", Mode: "backfill", Since: at.Add(-time.Minute), At: at},
	}
	for n, want := range []string{"", "process 7 on jobs-1", "; 2 wait in all", "; 3 wait in all"} {
		held := running()
		held.Waiting = list[:n]
		for name, shown := range map[string]struct {
			text doc.Doc
			json func(*bytes.Buffer) error
		}{
			"status":  {StatusDoc(Status{Now: at, Waiting: list[:n]}), func(w *bytes.Buffer) error { return StatusJSON(w, Status{Now: at, Waiting: list[:n]}) }},
			"running": {RunningDoc(held), func(w *bytes.Buffer) error { return RunningJSON(w, held) }},
		} {
			var text, object bytes.Buffer
			if err := doc.Text(&text, shown.text, doc.Style{Width: 300}); err != nil {
				t.Fatal(err)
			}
			if got := text.String(); !strings.Contains(got, want) || strings.Contains(got, "waited for by run") != (n > 0) || strings.Contains(got, " wait in all") != (n > 1) {
				t.Errorf("%d wait, and %s shows:\n%s", n, name, got)
			}
			var told struct {
				Waiting *struct{ PID int }
				Waiters []struct{ PID int }
			}
			if err := shown.json(&object); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(object.Bytes(), &told); err != nil {
				t.Fatal(err)
			}
			var pids []int
			for _, w := range told.Waiters {
				pids = append(pids, w.PID)
			}
			if !slices.Equal(pids, []int{7, 8, 9}[:n]) || told.Waiters == nil || (told.Waiting != nil) != (n > 0) || n > 0 && told.Waiting.PID != 7 {
				t.Errorf("%d wait, and %s tells %+v", n, name, told)
			}
		}
	}
}
