package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
)

func running() Running {
	return Running{
		Holder: store.Holder{
			PID: 4711, Host: "jobs-7", Since: at.Add(-4 * time.Minute), At: at.Add(-2 * time.Second),
			Progress: store.Progress{
				Pass: "20261122T201100Z-7f3a", Mode: "run", From: at.Add(-3 * time.Hour), To: at.Add(-3 * time.Minute),
				Read: at.Add(-time.Hour), Checkpoint: at.Add(-2 * time.Hour), Found: 412, Done: 380, Accepted: 340, Rejected: 3,
				InDoubt: 1, Skipped: 34, WaitingFor: "Agent Connect, until 20:15:40 UTC: the server answered 429 with Retry-After",
			},
		},
		Tenant: "acme", Ledger: "/var/lib/acsync/acsync.db", Now: at,
	}
}

func TestRunning(t *testing.T) {
	var table, object, indented bytes.Buffer
	if err := doc.Text(&table, RunningDoc(running()), doc.Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, "running.txt", table.Bytes())
	for line := range strings.Lines(table.String()) {
		if n := len([]rune(strings.TrimSpace(line))); n > 80 {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	if err := RunningJSON(&object, running()); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&indented, object.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "running.json", indented.Bytes())
}

// Before the first window, and for what is no pass, the screen says no more than is known.
func TestRunningWithoutAPass(t *testing.T) {
	for mode, want := range map[string]string{"": "not known yet", "resolve": "resolve\n"} {
		r := running()
		r.Progress = store.Progress{Mode: mode, Checkpoint: r.Checkpoint}
		var table bytes.Buffer
		if err := doc.Text(&table, RunningDoc(r), doc.Style{Width: 80}); err != nil {
			t.Fatal(err)
		}
		if got := table.String(); !strings.Contains(got, "does        "+want) || strings.Contains(got, "found") {
			t.Errorf("with mode %q it shows:\n%s", mode, got)
		}
	}
}
