package report

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"acsync/store"
)

// TestSnapshot tells all that a ledger tells of a status, and whatever of it is read is not more than that.
func TestSnapshot(t *testing.T) {
	told := status()
	told.Now = at
	text := Snapshot(told)
	var got Status
	if err := ReadSnapshot(text, &got); err != nil {
		t.Fatal(err)
	}
	want := told
	want.At = at
	// These the reader has of its own.
	want.Backups = Backups{}
	want.Tenant, want.Ledger, want.Here, want.Witness, want.Now, want.Ending = "", "", "", "", time.Time{}, Ending{}
	want.Asks, want.Settle, want.Overlap, want.MaxAge, want.MaxErrorRate, want.Killed = false, 0, 0, 0, 0, nil
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b store.Lateness) bool { return a == b })); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	for range 5000 {
		told.Refused = append(told.Refused, store.Refusal{Conversation: strings.Repeat("x", 24), Reason: "channel_not_enabled"})
	}
	if text := Snapshot(told); len(text) == 0 || len(text) > mostSnapshot || json.Unmarshal(text, new(snapshot)) != nil {
		t.Errorf("one with much to tell has %d bytes", len(text))
	}
	for n := range len(text) { // cut off
		if err := ReadSnapshot(text[:n], new(Status)); err == nil {
			t.Fatalf("%s was believed", text[:n])
		}
	}
	for _, none := range []string{"", `{"schema":"acsync.snapshot/2","info":3}`, `{}`} {
		if err := ReadSnapshot(json.RawMessage(none), new(Status)); !errors.Is(err, ErrNoSnapshot) {
			t.Errorf("%q: %v", none, err)
		}
	}
	for _, damaged := range []string{`[]`, `{"schema":"acsync.snapshot/1"}`, `{"schema":"acsync.snapshot/1","info":[]}`, `{"schema":7}`} {
		if err := ReadSnapshot(json.RawMessage(damaged), new(Status)); err == nil || errors.Is(err, ErrNoSnapshot) {
			t.Errorf("%q: %v", damaged, err)
		}
	}
}

// TestSignalsAtWork judges the lights while somebody holds the ledger.
func TestSignalsAtWork(t *testing.T) {
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	held := func(mode string, moved time.Duration) *Running {
		return &Running{Holder: store.Holder{Progress: store.Progress{Mode: mode, Pass: "p", Moved: at.Add(-moved)}}, Now: at}
	}
	for name, c := range map[string]struct {
		running *Running
		maxAge  time.Duration
		level   string
		todo    string
	}{
		"nobody":                        {nil, 0, SignalAct, "schedule"},
		"a run that comes forward":      {held("run", time.Minute), 0, SignalOK, ""},
		"one that does not":             {held("run", 2*time.Hour), 0, SignalAct, "waits for"},
		"one while people get too old":  {held("run", time.Minute), 5 * time.Hour, SignalLook, "nothing while"},
		"a back-fill":                   {held("backfill", 0), 0, SignalAct, "--if-locked wait=10m"},
		"one while people get too old ": {held("backfill", 0), 5 * time.Hour, SignalAct, "--if-locked wait=10m"},
		"a repair":                      {held("ledger rebuild", 0), 0, SignalAct, "ledger rebuild holds"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Status{Running: c.running, Now: at, MaxAge: c.maxAge, Recent: Recent{Usual: 15 * time.Minute}}
			s.Checkpoint, s.NextDue = at.Add(-6*time.Hour), at.Add(-6*time.Hour)
			got := checkpointSignal(s)
			if got.Level != c.level || !strings.Contains(got.Todo, c.todo) || c.todo == "" && got.Todo != "" {
				t.Errorf("checkpoint: %+v", got)
			}
			due := dueSignal(s)
			if ok := c.running != nil && c.running.Mode == "run" && c.level != SignalAct; ok != (due.Level == SignalOK) {
				t.Errorf("next due: %+v", due)
			}
		})
	}
	for name, c := range map[string]struct {
		ago     time.Duration
		waiting []store.Waiter
		running *Running
		level   string
	}{
		"a moment ago":       {time.Minute, nil, nil, SignalOK},
		"long ago":           {time.Hour, nil, nil, SignalLook},
		"it says it waits":   {time.Hour, []store.Waiter{{Mode: "run"}, {Mode: "backfill"}}, nil, SignalOK},
		"somebody else does": {time.Hour, []store.Waiter{{Mode: "run"}}, nil, SignalLook},
		"while others work":  {time.Hour, nil, held("run", 0), SignalOK},
	} {
		last := store.Run{Mode: "backfill", Pass: "p", Killed: true, LetGo: true, Ended: at.Add(-c.ago)}
		got := lastPassSignal(Status{Last: &last, Now: at, Waiting: c.waiting, Running: c.running})
		if got.Level != c.level || strings.Contains(got.Text, "killed") || !strings.Contains(got.Text, "lets others have the ledger") {
			t.Errorf("let go %s: %+v", name, got)
		}
	}
	s := Status{InFlight: 3, Now: at}
	s.Counts = map[store.State]int{store.Sending: 3}
	if got := doubtSignal(s); got.Level != SignalOK {
		t.Errorf("what is under way is taken for a doubt: %+v", got)
	}
	if got := lastPassSignal(Status{Now: at, Running: held("run", 0)}); got.Level != SignalOK || got.Todo != "" {
		t.Errorf("the first pass: %+v", got)
	}
}
