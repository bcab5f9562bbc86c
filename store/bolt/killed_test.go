package bolt

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// kill leaves the file of a holder beside a ledger, as a process does that is killed.
func kill(t *testing.T, path string, p store.Progress) store.Holder {
	t.Helper()
	h := store.Holder{PID: 4711, Host: "jobs-7", Since: noon, At: noon.Add(3 * time.Minute), Progress: p}
	n := holderFile{path: beside(path, holderSuffix), holder: h}
	if err := n.write(); err != nil {
		t.Fatal(err)
	}
	return h
}

func runsOf(t *testing.T, l *Ledger) []store.Run {
	t.Helper()
	runs, err := l.Runs(0)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// TestKilledPassIsEntered: the next opening for writing gives a pass that was killed the summary that it
// could not write, once.
func TestKilledPassIsEntered(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	p := store.Progress{
		Pass: "20261122T120000Z-7f3a", Mode: "run", From: noon.Add(-time.Hour), To: noon, Checkpoint: noon.Add(-time.Hour),
		Found: 40, Done: 30, Accepted: 20, Rejected: 7, Skipped: 3,
	}
	kill(t, l.path, p)
	r := openLedger(t, l.path, Options{ReadOnly: true})
	wantSame(t, runsOf(t, r), []store.Run(nil))
	closeLedger(t, r)
	if _, err := ReadHolder(l.path); err != nil {
		t.Errorf("a reader took away what the killed pass told: %v", err)
	}
	want := []store.Run{{
		Pass: p.Pass, Mode: "run", Started: noon, Ended: noon.Add(3 * time.Minute), From: p.From, To: p.To, Checkpoint: p.Checkpoint, Found: 40,
		Counts: map[string]int{"accepted": 20, "rejected": 7, "skipped": 3}, Reasons: map[string]int{}, Killed: true,
	}}
	for range 2 { // the second time as if the opening itself had been killed before it took the file's place
		w := openLedger(t, l.path, Options{})
		wantSame(t, runsOf(t, w), want)
		closeLedger(t, w)
		kill(t, l.path, p)
	}
	w := openLedger(t, l.path, Options{})
	h, err := ReadHolder(l.path)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, h.PID, os.Getpid())
	closeLedger(t, w)
}

// TestKilledWithoutSummary: there is nothing to enter for one that was in no pass, that had ended its pass,
// or whose file tells nothing.
func TestKilledWithoutSummary(t *testing.T) {
	l := testLedger(t, Options{})
	own := store.Run{Pass: "p", Mode: "run", Found: 3, Exit: 3}
	if err := l.Commit(store.Batch{Run: &own}); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	for name, leave := range map[string]func(){
		"in no pass": func() { kill(t, l.path, store.Progress{Mode: "resolve"}) },
		"ended":      func() { kill(t, l.path, store.Progress{Pass: "p", Mode: "run", Found: 3}) },
		"a time beyond any calendar": func() {
			kill(t, l.path, store.Progress{Pass: "q", Mode: "run", To: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600))})
		},
		"garbage": func() {
			if err := os.WriteFile(beside(l.path, holderSuffix), []byte("%"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		leave()
		w := openLedger(t, l.path, Options{})
		if runs := runsOf(t, w); len(runs) != 1 || runs[0].Killed {
			t.Errorf("%s: %+v", name, runs)
		}
		closeLedger(t, w)
	}
}

// TestPassIsToldAtOnce: a pass is known by its id however soon after its beginning it is killed.
func TestPassIsToldAtOnce(t *testing.T) {
	l := testLedger(t, Options{})
	l.Report(store.Progress{Mode: "run"})
	l.Report(store.Progress{Mode: "run", Pass: "p"})
	h, err := ReadHolder(l.path)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, h.Pass, "p")
}

// TestLetGo: what a pass says before it lets go of the ledger gives way to its summary, whoever was at work in
// between, and to what it told later where it was killed.
func TestLetGo(t *testing.T) {
	l := testLedger(t, Options{})
	commit := func(r store.Run) {
		t.Helper()
		if err := l.Commit(store.Batch{Run: &r}); err != nil {
			t.Fatal(err)
		}
	}
	names := func() (list []string) {
		for _, r := range runsOf(t, l) {
			list = append(list, r.Pass)
		}
		return list
	}
	half := store.Run{
		Pass: "long", Mode: "backfill", Started: noon, Ended: noon.Add(time.Hour), Found: 10,
		Reasons: map[string]int{"spam": 2}, Killed: true, LetGo: true,
	}
	commit(store.Run{Pass: "before", Started: noon.Add(-time.Hour), Ended: noon.Add(-time.Minute)})
	for i := range 3 {
		commit(half)
		at := noon.Add(time.Hour + time.Duration(i)*time.Minute)
		commit(store.Run{Pass: string(rune('a' + i)), Started: at, Ended: at})
	}
	wantSame(t, names(), []string{"c", "long", "b", "a", "before"})
	closeLedger(t, l)
	kill(t, l.path, store.Progress{Pass: "long", Mode: "backfill", Began: noon, Found: 30, Accepted: 20, AcceptedBefore: 15})
	l = openLedger(t, l.path, Options{})
	got := runsOf(t, l)[0]
	wantSame(t, []any{got.Pass, got.Found, got.Started, got.Reasons["spam"], got.Killed, got.LetGo},
		[]any{"long", 30, noon, 2, true, false})
	wantSame(t, names(), []string{"long", "c", "b", "a", "before"})
	commit(store.Run{Pass: "long", Mode: "backfill", Started: noon, Ended: noon.Add(2 * time.Hour), Found: 40})
	wantSame(t, names(), []string{"long", "c", "b", "a", "before"})
	if r := runsOf(t, l)[0]; r.Found != 40 || r.Killed {
		t.Errorf("the summary is %+v", r)
	}
}

// TestUnwrittenSummaryIsEntered: a pass that came to its end, and could not write its summary, leaves it
// beside the ledger as it was when that was closed, and the next opening for writing enters it, once.
func TestUnwrittenSummaryIsEntered(t *testing.T) {
	l := testLedger(t, Options{})
	l.Report(store.Progress{Pass: "p", Mode: "run", Found: 2, Accepted: 1})
	l.stuck = errors.New("a sync failed")
	run := store.Run{
		Pass: "p", Mode: "run", Started: noon, Ended: noon.Add(time.Minute), Found: 3, Counts: map[string]int{"accepted": 3},
		Reasons: map[string]int{}, Refusals: []store.Refusal{{Conversation: "c", Reason: "optout"}},
	}
	wantError(t, l.Commit(store.Batch{Run: &run}), l.stuck)
	run.Exit = 1
	closeLedger(t, l)

	r := openLedger(t, l.path, Options{ReadOnly: true})
	wantSame(t, runsOf(t, r), []store.Run(nil))
	closeLedger(t, r)
	h, err := ReadHolder(l.path)
	must(t, err)
	wantSame(t, h.Left(), &run)
	for range 2 {
		w := openLedger(t, l.path, Options{})
		wantSame(t, runsOf(t, w), []store.Run{run})
		closeLedger(t, w)
	}
	_, err = ReadHolder(l.path)
	wantError(t, err, os.ErrNotExist)
}

// TestLongSummaryIsLeft: one that is too long to be read again is left without the names of the rejected.
func TestLongSummaryIsLeft(t *testing.T) {
	l := testLedger(t, Options{})
	l.stuck = errors.New("a sync failed")
	run := longSummary()
	for i := range run.Refusals {
		run.Refusals[i].Conversation = strings.Repeat("c", 500)
	}
	wantError(t, l.Commit(store.Batch{Run: run}), l.stuck)
	closeLedger(t, l)
	w := openLedger(t, l.path, Options{})
	if runs := runsOf(t, w); len(runs) != 1 || runs[0].Pass != run.Pass || len(runs[0].Refusals) > 0 {
		t.Errorf("got %+v", runs)
	}
}
