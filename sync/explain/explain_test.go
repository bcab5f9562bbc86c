package explain

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// fakeLedger is a ledger that has read up to testNow.
type fakeLedger struct {
	info    store.Info
	entries []store.Entry
	runs    []store.Run
}

func (a fakeLedger) Info() (store.Info, error)     { return a.info, nil }
func (a fakeLedger) Runs(int) ([]store.Run, error) { return a.runs, nil }
func (a fakeLedger) Lookup([]store.Key) (map[store.Key]store.Record, error) {
	found := map[store.Key]store.Record{}
	for _, e := range a.entries {
		found[e.Key] = e.Record
	}
	return found, nil
}

// fakeReceiver is a receiver that shows some interactions.
type fakeReceiver []agentconnect.Interaction

func (d fakeReceiver) Since(context.Context, time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return nil
}

func (d fakeReceiver) Between(_ context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, i := range d {
			if !i.CreatedAt.Before(since) && (until.IsZero() || !i.CreatedAt.After(until)) && !yield(i, nil) {
				return
			}
		}
	}
}

func explainer(d *fakeKustomer, entries ...store.Entry) Explainer {
	return Explainer{
		Now:    func() time.Time { return testNow },
		Source: d, Directory: d, Options: Options{Policy: testPolicy(), Overlap: 30 * time.Minute, Settle: 3 * time.Minute},
		Ledger: fakeLedger{
			info:    store.Info{ID: "00112233aabbccdd", Start: testNow.Add(-240 * time.Hour), Checkpoint: testNow.Add(-50 * time.Minute)},
			entries: entries,
		},
	}
}

// TestForecast is what an operator is told that would happen now.
func TestForecast(t *testing.T) {
	resolved := testNow.Add(-time.Hour)
	remembered := func(r store.Record) func(*Explainer, *fakeKustomer) {
		return func(e *Explainer, d *fakeKustomer) {
			if r.Resolution.IsZero() {
				r.Resolution = resolved
			}
			a := e.Ledger.(fakeLedger)
			a.entries = []store.Entry{{Key: store.Key{Conversation: d.conversations[0].ID}, Record: r}}
			e.Ledger = a
		}
	}
	recovering := func(ask bool, also func(*Explainer, *fakeKustomer)) func(*Explainer, *fakeKustomer) {
		return func(e *Explainer, d *fakeKustomer) {
			also(e, d)
			e.Options.Policy.Recovery, _ = decide.CompileRecovery("conversation.done_count > 1")
			e.Options.Policy.AskWithoutFirst = ask
			d.conversations[0].DoneCount = 2
		}
	}
	asked := remembered(store.Record{State: store.Accepted, Attempts: 1, Status: 200, Resolution: resolved.Add(-time.Hour)})
	refused := remembered(store.Record{State: store.Rejected, Reason: string(decide.EmployeeNotFound), Attempts: 1, Status: 400, Resolution: resolved.Add(-time.Hour)})
	never := func(*Explainer, *fakeKustomer) {}
	tests := []struct {
		name   string
		change func(*Explainer, *fakeKustomer)
		want   Forecast
	}{
		{"a recovery that was never asked", recovering(true, never), Forecast{Fate: FateSend}},
		{"a recovery that was never asked, to be skipped", recovering(false, never), Forecast{Fate: FateSkip, Reason: decide.NoFirstRequest}},
		{"a recovery", recovering(true, asked), Forecast{Fate: FateSend}},
		{"a recovery of what was refused", recovering(true, refused), Forecast{Fate: FateDone, State: store.Rejected, Reason: decide.EmployeeNotFound}},
		{"a recovery of what was refused, to be skipped", recovering(false, refused), Forecast{Fate: FateDone, State: store.Rejected, Reason: decide.EmployeeNotFound}},
		{"sent", func(*Explainer, *fakeKustomer) {}, Forecast{Fate: FateSend}},
		{"skipped", func(_ *Explainer, d *fakeKustomer) { d.conversations[0].Spam = true }, Forecast{Fate: FateSkip, Reason: decide.Spam}},
		{
			"sent already", remembered(store.Record{State: store.Accepted, Attempts: 1, Status: 200}),
			Forecast{Fate: FateDone, State: store.Accepted},
		},
		{
			"rejected already", remembered(store.Record{State: store.Rejected, Reason: string(decide.EmployeeDeactivated), Attempts: 1, Status: 400}),
			Forecast{Fate: FateDone, State: store.Rejected, Reason: decide.EmployeeDeactivated},
		},
		{
			"dropped by hand, without Kustomer", func(e *Explainer, d *fakeKustomer) {
				remembered(store.Record{State: store.Dropped, Reason: string(decide.ByHand)})(e, d)
				e.Source = nil
			}, Forecast{Fate: FateDone, State: store.Dropped, Reason: decide.ByHand},
		},
		{
			"in doubt", remembered(store.Record{State: store.InDoubt, Reason: string(decide.NoAnswer), Attempts: 1, Intent: 7}),
			Forecast{Fate: FateByHand, Reason: decide.NoAnswer},
		},
		{
			"in doubt, and Agent Connect can tell", func(e *Explainer, d *fakeKustomer) {
				remembered(store.Record{State: store.Sending, Attempts: 1, Intent: 7})(e, d)
				e.Verifies = true
			}, Forecast{Fate: FateSettle},
		},
		{
			"tried again", remembered(store.Record{State: store.Retry, Reason: string(decide.Limited), First: time.Now(), Due: time.Now().Add(-time.Minute)}),
			Forecast{Fate: FateSend},
		},
		{
			"tried for too long", remembered(store.Record{State: store.Retry, Reason: string(decide.Limited), First: time.Now().Add(-73 * time.Hour)}),
			Forecast{Fate: FateReject, Reason: decide.GaveUp},
		},
		{
			"scheduled", remembered(store.Record{State: store.Scheduled, Reason: string(decide.Delayed), Due: testNow.Add(time.Hour)}),
			Forecast{Fate: FateWait, Reason: decide.Delayed, At: testNow.Add(time.Hour)},
		},
		{
			"scheduled, and open again", func(e *Explainer, d *fakeKustomer) {
				remembered(store.Record{State: store.Scheduled, Reason: string(decide.Stopped)})(e, d)
				d.conversations[0].Status = "open"
			}, Forecast{Fate: FateSkip, Reason: decide.Reopened},
		},
		{
			"not read before its time", func(_ *Explainer, d *fakeKustomer) { d.conversations[0].LastDone.At = testNow.Add(-time.Minute) },
			Forecast{Fate: FateWait, At: testNow.Add(2 * time.Minute)},
		},
		{
			"delayed", func(e *Explainer, _ *fakeKustomer) { e.Options.Policy.Delay = 2 * time.Hour },
			Forecast{Fate: FateWait, Reason: decide.Delayed, At: testNow.Add(time.Hour)},
		},
		{
			"read by no pass any more", func(_ *Explainer, d *fakeKustomer) { d.conversations[0].LastDone.At = testNow.Add(-2 * time.Hour) },
			Forecast{Fate: FateMissed},
		},
		{"without the ledger", func(e *Explainer, _ *fakeKustomer) { e.Ledger = nil }, Forecast{Fate: FateUnknown}},
		{
			"skipped without the ledger", func(e *Explainer, d *fakeKustomer) {
				e.Ledger = nil
				d.conversations[0].Spam = true
			}, Forecast{Fate: FateSkip, Reason: decide.Spam},
		},
		{
			"without Kustomer", func(e *Explainer, d *fakeKustomer) {
				remembered(store.Record{State: store.Scheduled, Reason: string(decide.Stopped), Due: testNow})(e, d)
				e.Source = nil
			}, Forecast{Fate: FateWait, Reason: decide.Stopped, At: testNow},
		},
		{
			"skipped, without Kustomer", func(e *Explainer, d *fakeKustomer) {
				remembered(store.Record{State: store.Skipped, Reason: string(decide.Spam)})(e, d)
				e.Source = nil
			}, Forecast{Fate: FateUnknown, Reason: decide.Spam},
		},
		{
			"gone", func(e *Explainer, d *fakeKustomer) {
				remembered(store.Record{State: store.Scheduled, Reason: string(decide.Stopped)})(e, d)
				d.conversations = d.conversations[1:]
			}, Forecast{Fate: FateSkip, Reason: decide.Gone},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newFakeKustomer(2)
			e, id := explainer(d), d.conversations[0].ID
			test.change(&e, d)
			x, err := e.Explain(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, x.Forecast); diff != "" {
				t.Errorf("got +, want -\n%s", diff)
			}
		})
	}
}

// TestExplainTellsTheWholeLife: who closed it, which pass read its time first, and what Agent Connect shows of it.
func TestExplainTellsTheWholeLife(t *testing.T) {
	d := newFakeKustomer(1)
	d.users = append(d.users, kustomer.User{ID: "5ce4672fcce83d001a9e83e9", Name: kustomer.Text{Value: "Chris Closer"}})
	id, resolved, sent := d.conversations[0].ID, d.conversations[0].LastDone.At, testNow.Add(-45*time.Minute)
	e := explainer(d, store.Entry{
		Key:    store.Key{Conversation: id},
		Record: store.Record{State: store.Accepted, Resolution: resolved, At: sent, First: sent, Attempts: 1, Status: 200, Intent: 0x1f},
	})
	a := e.Ledger.(fakeLedger)
	a.runs = []store.Run{
		{Pass: "fourth", Mode: "run", From: resolved.Add(-time.Minute), To: testNow, Checkpoint: testNow},
		{Pass: "third", Mode: "run", From: resolved, To: resolved.Add(time.Minute), Checkpoint: resolved.Add(time.Minute)},
		{Pass: "second, which was stopped", Mode: "run", From: resolved, To: resolved.Add(time.Minute), Checkpoint: resolved},
		{Pass: "first", Mode: "run", From: resolved.Add(-time.Hour), To: resolved, Checkpoint: resolved},
	}
	e.Ledger = a
	shown := agentconnect.Interaction{UUID: "u1", ExtInteractionID: id, Intent: "00112233aabbccdd-1f", CreatedAt: sent, Status: "Sent"}
	e.Receiver = fakeReceiver{
		{UUID: "u0", ExtInteractionID: id, CreatedAt: sent.Add(-time.Hour)}, // of an earlier time
		shown,
		{UUID: "u2", ExtInteractionID: "6716500fa1b2c3d4e5f6ffff", CreatedAt: sent},
	}
	x, err := e.Explain(t.Context(), id)
	if err != nil || x.Unread != nil || x.ReceiverErr != nil {
		t.Fatal(err, x.Unread, x.ReceiverErr)
	}
	if x.Closer == nil || x.Closer.Name.Value != "Chris Closer" {
		t.Errorf("closed by %v", x.Closer)
	}
	if x.First == nil || x.First.Pass != "third" {
		t.Errorf("first read by %v", x.First)
	}
	if diff := cmp.Diff([]agentconnect.Interaction{shown}, x.Interactions); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	if got := x.Stamp(x.Entries[0]); got != shown.Intent {
		t.Errorf("the stamp is %s", got)
	}
}

// TestExplainNamesNoWrongReader: a pass that has a range of its own is not taken for the first reader, and neither is a run that began
// when the ledger held the conversation already.
func TestExplainNamesNoWrongReader(t *testing.T) {
	d := newFakeKustomer(1)
	id, resolved := d.conversations[0].ID, d.conversations[0].LastDone.At
	read := func(mode string, began time.Time) store.Run {
		return store.Run{Pass: mode, Mode: mode, Started: began, From: resolved.Add(-time.Hour), To: testNow, Checkpoint: testNow}
	}
	killed := func(run store.Run) store.Run {
		run.Pass, run.Killed = "killed", true
		return run
	}
	sent := resolved.Add(10 * time.Minute)
	for name, test := range map[string]struct {
		first time.Time
		runs  []store.Run // the newest first
		want  string
	}{
		"a run":                            {sent, []store.Run{read("run", sent.Add(-time.Minute))}, "run"},
		"a run of the same second":         {sent, []store.Run{read("run", sent.Truncate(time.Second).Add(999*time.Millisecond))}, "run"},
		"an apply before it":               {sent, []store.Run{read("run", sent.Add(-time.Minute)), read("apply", sent.Add(-2*time.Minute))}, "run"},
		"a run that was killed before it":  {sent, []store.Run{read("run", sent.Add(-time.Minute)), killed(read("run", sent.Add(-2*time.Minute)))}, "run"},
		"a run that was killed alone":      {sent, []store.Run{killed(read("run", sent.Add(-time.Minute)))}, ""},
		"a back-fill alone":                {sent, []store.Run{read("backfill", sent.Add(-time.Minute))}, ""},
		"a back-fill that sent it earlier": {sent, []store.Run{read("run", sent.Add(time.Hour)), read("backfill", sent.Add(-time.Minute))}, ""},
		"a record without a first try":     {time.Time{}, []store.Run{read("run", sent.Add(time.Hour))}, ""},
	} {
		record := store.Record{State: store.Accepted, Resolution: resolved, At: sent, First: test.first, Attempts: 1}
		e := explainer(d, store.Entry{Key: store.Key{Conversation: id}, Record: record})
		a := e.Ledger.(fakeLedger)
		a.runs = test.runs
		e.Ledger = a
		x, err := e.Explain(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if x.First != nil {
			got = x.First.Pass
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestExplainWithoutWhatItNeeds: a check is not taken for passed when what it asks could not be read.
func TestExplainWithoutWhatItNeeds(t *testing.T) {
	d := newFakeKustomer(1)
	e := explainer(d)
	e.Ledger, e.Profiles = nil, noProfiles{errors.New("down")}
	x, err := e.Explain(t.Context(), d.conversations[0].ID)
	if err != nil || x.Unlisted == nil || !x.Found {
		t.Fatal(err, x.Unlisted, x.Found)
	}
	got := map[decide.Reason]decide.StepResult{}
	for _, step := range x.Steps {
		if step.Result == decide.StepUnknown {
			got[step.Reason] = step.Result
		}
	}
	if diff := cmp.Diff(map[decide.Reason]decide.StepResult{decide.AlreadySent: decide.StepUnknown, decide.AgentUnknown: decide.StepUnknown}, got); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	e = explainer(d)
	e.Profiles = noProfiles{errors.New("down")}
	if x, _ := e.Explain(t.Context(), d.conversations[0].ID); x.Forecast != (Forecast{Fate: FateUnknown, Reason: decide.AgentUnknown}) {
		t.Errorf("got %v without the profiles", x.Forecast)
	}
}

// TestExplainUnderAnotherIdentity: a ledger that was kept otherwise than the configuration says is told of.
func TestExplainUnderAnotherIdentity(t *testing.T) {
	d := newFakeKustomer(1)
	e := explainer(d)
	a := e.Ledger.(fakeLedger)
	a.info.Identity, a.info.Counts = store.PerResolution, map[store.State]int{store.Accepted: 1}
	e.Ledger = a
	for _, configured := range []store.Identity{"", store.PerConversation, store.PerResolution} {
		e.Options.SurveyPer = configured
		x, err := e.Explain(t.Context(), d.conversations[0].ID)
		if err != nil || (x.Kept == store.PerResolution) != (configured != store.PerResolution) {
			t.Errorf("configured %q: got %q, %v", configured, x.Kept, err)
		}
	}
}

// TestExplainWithoutKustomer: what the ledger knows is told when Kustomer does not answer, and nobody is taken for gone.
func TestExplainWithoutKustomer(t *testing.T) {
	d := newFakeKustomer(1)
	id := d.conversations[0].ID
	e := explainer(d, store.Entry{Key: store.Key{Conversation: id}, Record: store.Record{State: store.Accepted, Attempts: 1}})
	down := errors.New("down")
	d.fail = func() error { return down }
	x, err := e.Explain(t.Context(), id)
	if err != nil || !errors.Is(x.Unread, down) || x.Found || !x.Known() {
		t.Errorf("got %v, %v, found %t, known %t", err, x.Unread, x.Found, x.Known())
	}
	if want := (Forecast{Fate: FateDone, State: store.Accepted}); x.Forecast != want {
		t.Errorf("got %v", x.Forecast)
	}
}
