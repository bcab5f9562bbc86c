package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	got = styleSheet.ReplaceAll(got, []byte("<style>in doc/page.css</style>"))
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: -want +got:\n%s", name, diff)
	}
}

// styleSheet is the same in every page.
var styleSheet = regexp.MustCompile(`(?s)<style>.*?</style>`)

var at = time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)

// mixed is a pass with something of everything.
func mixed() Pass {
	return Pass{
		Tenant: "acme", Calls: Calls{Kustomer: 9, KustomerSearch: 4, AgentConnect: 358}, Attention: []surveysync.Row{
			{
				Key: store.Key{Conversation: "6716500fa1b2c3d4e5f60001"}, State: store.Rejected, Status: 400,
				Reason: decide.EmployeeNotFound, Message: "Validation Error: Employee not found: ***",
			},
			{Key: store.Key{Conversation: "6716500fa1b2c3d4e5f60002", Recovery: true}, State: store.InDoubt, Reason: decide.NoAnswer},
		},
		Result: surveysync.Result{
			Pass: "20261122T201500Z-7f3a", Mode: "run", Started: at, Ended: at.Add(214*time.Second + 800*time.Millisecond),
			Window:     fetch.Window{From: at.Add(-33 * time.Minute), To: at.Add(-3 * time.Minute)},
			Checkpoint: at.Add(-3 * time.Minute),
			Found:      412, Due: 3, Followed: 4, Flagged: 3,
			Counts: map[store.State]int{store.Accepted: 353, store.Rejected: 2, store.InDoubt: 1, store.Retry: 2, store.Skipped: 54},
			Reasons: surveysync.Reasons{
				store.Skipped:  {decide.NoAgent: 31, decide.NoEmail: 12, decide.DoNotSend: 9, decide.Spam: 2},
				store.Rejected: {decide.EmployeeNotFound: 2},
				store.InDoubt:  {decide.NoAnswer: 1},
				store.Retry:    {decide.Limited: 2},
			},
			Late: 2, Latest: 7 * time.Minute, Forgotten: 12500, Notices: []string{"this machine's clock is 7s behind Kustomer's"},
			Exit: 3,
		},
	}
}

// passDoc is a pass as a terminal shows it.
func passDoc(p Pass) doc.Doc { return ReportDoc(New(p, Detail{}), 0) }

func dry() Pass {
	p := mixed()
	p.Notices, p.Forgotten = nil, 0
	p.DryRun, p.Planned, p.Exit, p.Calls.AgentConnect, p.Attention = true, 358, 0, 0, nil
	p.Counts = map[store.State]int{store.Skipped: 54}
	p.Reasons = surveysync.Reasons{store.Skipped: {decide.NoAgent: 31, decide.AgentUnknown: 12, decide.NoEmail: 11}}
	p.Unlisted = map[string]int{"5ce4672fcce83d001a9e83e8": 2, "5ce4672fcce83d001a9e83e9": 1}
	for n := range 9 {
		p.Unlisted["5ce4672fcce83d001a9e84f"+strconv.Itoa(n)] = 1
	}
	return p
}

func halted() Pass {
	p := mixed()
	p.Fuse, p.Exit = "max_per_run: 353 survey requests were created in this pass", 13
	p.Counts[store.Retry], p.Counts[store.Scheduled] = 0, 2
	p.Reasons[store.Scheduled] = map[decide.Reason]int{decide.Stopped: 2}
	return p
}

// delayed is a pass that found nothing whose time has come.
func delayed() Pass {
	p := empty()
	p.Window.To, p.Checkpoint, p.Found, p.NextDue = at.Add(time.Hour), at.Add(time.Hour), 3, at.Add(24*time.Hour)
	p.Counts = map[store.State]int{store.Scheduled: 3}
	p.Reasons = surveysync.Reasons{store.Scheduled: {decide.Delayed: 3}}
	return p
}

func empty() Pass {
	return Pass{Tenant: "acme", Result: surveysync.Result{
		Mode: "run", Started: at, Ended: at, Checkpoint: at, Window: fetch.Window{From: at, To: at.Add(-time.Minute)},
	}}
}

func TestTable(t *testing.T) {
	for name, pass := range map[string]Pass{"mixed": mixed(), "dry": dry(), "halted": halted(), "empty": empty(), "delayed": delayed()} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := doc.Text(&out, passDoc(pass), doc.Style{Width: 80}); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".txt", out.Bytes())
			for line := range strings.Lines(out.String()) {
				if width := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > 80 {
					t.Errorf("%d columns: %s", width, line)
				}
				if line != strings.TrimRight(line, " \n")+"\n" {
					t.Errorf("spaces at the end of %q", line)
				}
			}
			if strings.Contains(out.String(), "\x1b") {
				t.Error("escape sequences without leave to use colours")
			}
		})
	}
}

func TestTableColours(t *testing.T) {
	var out bytes.Buffer
	if err := doc.Text(&out, passDoc(mixed()), doc.Style{Width: 120, Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\x1b[32maccepted") {
		t.Errorf("no colours: %q", out.String())
	}
}

func TestJSON(t *testing.T) {
	for name, pass := range map[string]Pass{"mixed": mixed(), "dry": dry()} {
		t.Run(name, func(t *testing.T) {
			var out, indented bytes.Buffer
			if err := JSON(&out, pass); err != nil {
				t.Fatal(err)
			}
			if err := json.Indent(&indented, out.Bytes(), "", "  "); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", indented.Bytes())
		})
	}
}

// TestJSONFields holds the fields that programs rely on: they may be added to, never renamed or removed.
func TestJSONFields(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, mixed()); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"schema", "pass", "mode", "dry_run", "from", "to", "checkpoint", "found", "due", "accepted", "scheduled", "rejected",
		"retry", "in_doubt", "dropped", "skipped", "reasons", "requests", "duration_seconds", "fuse", "exit", "recoveries", "flagged",
	} {
		if _, ok := got[name]; !ok {
			t.Errorf("no field %s", name)
		}
	}
}

func status() Status {
	return Status{
		Witness: Watching, Backups: Backups{Dir: "/mnt/backup", Newest: at.Add(-14 * time.Hour), Count: 7},
		Place: store.Placement{Bound: true, Witness: "/home/acsync/.local/state/acsync/9f2c11ab44e07d53.witness"},
		Info: store.Info{
			ID: "9f2c11ab44e07d53", Start: at.Add(-240 * time.Hour), Checkpoint: at.Add(-18 * time.Minute),
			Counts:   map[store.State]int{store.Accepted: 5210, store.Rejected: 3, store.InDoubt: 1, store.Sending: 1, store.Skipped: 1004, store.Scheduled: 12},
			Identity: store.PerConversation,
		},
		Tenant: "acme", Ledger: "/var/lib/acsync/acsync.db", Now: at, NextDue: at.Add(3 * time.Minute),
		InDoubt: []store.Entry{{
			Key:    store.Key{Conversation: "6716500fa1b2c3d4e5f60001", Recovery: true},
			Record: store.Record{State: store.InDoubt, Reason: "no_answer", Resolution: at.Add(-2 * time.Hour), At: at.Add(-time.Hour)},
		}},
		Refused: []store.Refusal{{Conversation: "6716500fa1b2c3d4e5f60003", Reason: "employee_not_found"}, {Conversation: "6716500fa1b2c3d4e5f60004", Reason: "employee_deactivated", Kind: "recovery"}},
		Last:    &store.Run{Mode: "run", Ended: at.Add(-15 * time.Minute), Found: 412, Exit: 3},
		Ending:  endingOf(3),
		Recent:  Recent{Usual: 15 * time.Minute, Accepted: 1210, Rejected: 2},
		Asks:    true, Settle: 3 * time.Minute, Overlap: 30 * time.Minute, MaxAge: 72 * time.Hour, MaxErrorRate: 0.25,
	}
}

func TestStatus(t *testing.T) {
	for _, width := range []int{60, 80, 200} {
		var table bytes.Buffer
		if err := doc.Text(&table, StatusDoc(status()), doc.Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("status-%d.txt", width), table.Bytes())
		fits(t, table.String(), width)
	}
	var object, indented bytes.Buffer
	if err := StatusJSON(&object, status()); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&indented, object.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	golden(t, "status.json", indented.Bytes())
}
