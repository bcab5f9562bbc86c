package sync

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/plan"
)

// planOf makes the plan of what an engine would send now, and gives the rows of the dry run.
func planOf(t *testing.T, engine Engine) (plan.Plan, map[string]Row, Result) {
	t.Helper()
	planner, rows := NewPlanner(testSecret), &heard{}
	engine.Sender, engine.Receiver, engine.Observer = dryrun.Sender{}, nil, both{planner, rows}
	engine.Ledger = &dryrun.Ledger{ReadLedger: untouched{engine.Ledger}}
	engine.Options.DryRun, engine.Options.Mode = true, "plan"
	result, err := engine.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	info, err := engine.Ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	made, err := planner.Plan(result, info, testTerms(), 7*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	text, err := plan.Marshal(made)
	if err == nil {
		made, err = plan.Read(text, testTerms())
	}
	if err != nil {
		t.Fatal(err)
	}
	return made, rows.rows(), result
}

// both hear what one does.
type both []Observer

func (b both) Observe(e Event) {
	for _, each := range b {
		each.Observe(e)
	}
}

// apply lets a bench carry out a plan.
func (b *bench) apply(t *testing.T, made plan.Plan) Result {
	t.Helper()
	b.engine.Options.Plan, b.engine.Options.Mode = &made, "apply"
	defer func() { b.engine.Options.Plan, b.engine.Options.Mode = nil, "run" }()
	result := b.mustRun(t)
	if result.Found != len(made.Send) {
		t.Errorf("found %d, the plan has %d", result.Found, len(made.Send))
	}
	return result
}

// TestApply sends what the plan holds, leaves the checkpoint alone, and sends nothing the second time.
func TestApply(t *testing.T) {
	b := newBench(t, 120) // more than are read at a time
	b.conversations[3].Spam = true
	made, _, dry := planOf(t, *b.engine)
	later := newDesk(121) // what comes after is not in the plan
	b.conversations, b.customers = append(b.conversations, later.conversations[120]), later.customers
	before, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	first := b.apply(t, made)
	if first.Counts[store.Accepted] != dry.Planned || dry.Planned != 119 || len(b.got) != 119 {
		t.Errorf("planned %d, %d requests, %+v", dry.Planned, len(b.got), first)
	}
	if !first.Checkpoint.Equal(before.Checkpoint) || !first.Made.Equal(made.Made) {
		t.Errorf("got %v", first.Counts)
	}
	if got := b.state(t, 3); got.State != store.Unknown {
		t.Errorf("what was not in the plan is noted: %+v", got)
	}
	second := b.apply(t, made)
	if second.Reasons[store.Skipped][decide.AlreadySent] != 119 || len(second.Notices) > 0 {
		t.Errorf("second time: %+v", second)
	}
	run := b.mustRun(t)
	if run.Counts[store.Accepted] != 1 || run.Reasons[store.Skipped][decide.AlreadySent] != 119 || run.Late > 0 {
		t.Errorf("the run after it: %v %v, late %d", run.Counts, run.Reasons, run.Late)
	}
}

// TestApplyDiffers tells what is not as planned any more, and leaves it to the next run.
func TestApplyDiffers(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*testing.T, *bench)
		want   decide.Reason // empty: it is sent
		state  store.State
		run    store.State // what the next run makes of it
	}{
		{"as it was", func(*testing.T, *bench) {}, "", store.Accepted, store.Accepted},
		{"a tag more", func(_ *testing.T, b *bench) {
			b.tags = append(b.tags, kustomer.Tag{ID: "5849765dc41e372700cc84a4", Name: "vip"})
			b.conversations[0].TagIDs = append(b.conversations[0].TagIDs, "5849765dc41e372700cc84a4")
		}, decide.PlanChanged, store.Skipped, store.Accepted},
		{"another address", func(_ *testing.T, b *bench) {
			customer := b.customers[b.conversations[0].CustomerID]
			customer.Emails = emails("jane@example.net")
			b.customers[customer.ID] = customer
		}, decide.PlanChanged, store.Skipped, store.Accepted},
		{"reopened", func(_ *testing.T, b *bench) { b.conversations[0].Status = "open" }, decide.Reopened, store.Skipped, store.Unknown},
		{"done again", func(_ *testing.T, b *bench) {
			again := *b.conversations[0].LastDone
			again.At = again.At.Add(10 * time.Minute)
			b.conversations[0].LastDone = &again
		}, decide.PlanChanged, store.Skipped, store.Accepted},
		{"gone", func(_ *testing.T, b *bench) { b.conversations = b.conversations[1:] }, decide.Gone, store.Skipped, store.Unknown},
		{"spam", func(_ *testing.T, b *bench) { b.conversations[0].Spam = true }, decide.Spam, store.Skipped, store.Skipped},
		{"too old", func(_ *testing.T, b *bench) { b.now = b.now.Add(80 * time.Hour) }, decide.Stale, store.Skipped, store.Skipped},
		{"sent meanwhile", func(t *testing.T, b *bench) { b.mustRun(t) }, decide.AlreadySent, store.Skipped, store.Accepted},
		{"in doubt meanwhile", func(t *testing.T, b *bench) {
			if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), b.conversations[0].LastDone.At, time.Now()); err != nil {
				t.Fatal(err)
			}
		}, decide.Interrupted, store.InDoubt, store.InDoubt},
		{"to be tried later", func(t *testing.T, b *bench) {
			intent, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), b.conversations[0].LastDone.At, time.Now())
			if err == nil {
				err = b.ledger.Finish(intent, store.Result{State: store.Retry, Reason: string(decide.Limited), At: time.Now(), Due: time.Now().Add(time.Hour)})
			}
			if err != nil {
				t.Fatal(err)
			}
		}, decide.Limited, store.Retry, store.Retry},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 1)
			id, key := b.conversations[0].ID, decide.KeyOf(b.conversations[0])
			made, _, _ := planOf(t, *b.engine)
			test.change(t, b)
			sent := len(b.got)
			b.apply(t, made)
			row := b.rows()[id]
			if row.State != test.state || row.Reason != test.want || row.Resolution.IsZero() {
				t.Errorf("got %+v, want %s %s", row, test.state, test.want)
			}
			if got, want := len(b.got)-sent, map[bool]int{true: 1}[test.want == ""]; got != want {
				t.Errorf("%d requests, want %d", got, want)
			}
			b.mustRun(t)
			known, err := b.ledger.Lookup([]store.Key{key})
			if err != nil || known[key].State != test.run {
				t.Errorf("after the next run the ledger has %+v, want %s (%v)", known[key], test.run, err)
			}
		})
	}
}

// TestApplyLeavesWhatWaits holds that a scheduled conversation which is not as planned goes on to wait.
func TestApplyLeavesWhatWaits(t *testing.T) {
	b := newBench(t, 3)
	b.engine.Options.Limits.Max = 1
	b.mustRun(t)
	b.engine.Options.Limits.Max = 0
	made, _, _ := planOf(t, *b.engine)
	if len(made.Send) != 2 {
		t.Fatalf("planned %+v", made.Send)
	}
	waits := slices.IndexFunc(b.conversations, func(c kustomer.Conversation) bool { return c.ID == made.Send[0].ID })
	customer := b.customers[b.conversations[waits].CustomerID]
	customer.Emails = emails("jane@example.net")
	b.customers[customer.ID] = customer
	result := b.apply(t, made)
	if result.Due != 2 || result.Counts[store.Accepted] != 1 || result.Reasons[store.Skipped][decide.PlanChanged] != 1 || len(result.Notices) != 1 {
		t.Errorf("got %v %v %v", result.Counts, result.Reasons, result.Notices)
	}
	if got := b.state(t, waits); got.State != store.Scheduled {
		t.Errorf("the ledger has %+v", got)
	}
	if run := b.mustRun(t); run.Counts[store.Accepted] != 1 {
		t.Errorf("the run after it: %v %v, late %d", run.Counts, run.Reasons, run.Late)
	}
}

// TestApplyStops holds that what a limit leaves is told, not noted, and sent by the same plan later.
func TestApplyStops(t *testing.T) {
	b := newBench(t, 130)
	made, _, _ := planOf(t, *b.engine)
	b.engine.Options.Limits.Max = 20
	first := b.apply(t, made)
	if first.Counts[store.Accepted] != 20 || first.Reasons[store.Scheduled][decide.Paused] != 110 || first.Limit != "max" {
		t.Errorf("first: %v", first.Counts)
	}
	info, err := b.ledger.Info()
	if diff := cmp.Diff(info.Counts, map[store.State]int{store.Accepted: 20}); diff != "" || err != nil {
		t.Errorf("the ledger has: %s %v", diff, err)
	}
	b.engine.Options.Limits.Max = 0
	second := b.apply(t, made)
	if second.Counts[store.Accepted] != 110 || second.Reasons[store.Skipped][decide.AlreadySent] != 20 {
		t.Errorf("second: %+v", second)
	}
	b.fail = func(call string) error {
		if call == "conversations" {
			return errors.New("no connection")
		}
		return nil
	}
	b.engine.Options.Plan = &made
	if third, err := b.run(t); err == nil || third.Found != 130 {
		t.Errorf("third: %v %+v", err, third)
	}
}

// TestApplyLedger refuses a plan of another ledger, and one that has seen more than the ledger has; others may have moved on.
func TestApplyLedger(t *testing.T) {
	b := newBench(t, 2)
	made, _, _ := planOf(t, *b.engine)
	refused := func(name string, made plan.Plan, want func(error) bool) {
		t.Helper()
		b.engine.Options.Plan = &made
		if result, err := b.run(t); err == nil || !want(err) || result.Found > 0 || len(b.got) > 0 {
			t.Errorf("%s: %v %+v", name, err, result)
		}
	}
	foreign, ahead := made, made
	foreign.Ledger.ID = "ffffffffffffffff"
	refused("foreign", foreign, func(err error) bool { return errors.As(err, new(*plan.Error)) })
	ahead.Ledger.Transaction += 1000
	refused("rolled back", ahead, func(err error) bool { return errors.Is(err, store.ErrRolledBack) })
	late := made // it was read in time, and then waited for another pass
	late.Expires = b.now
	refused("expired while it waited", late, func(err error) bool { return errors.As(err, new(*plan.Error)) })
}

// TestApplySentStaysSent holds that what a plan has sent is told as sent, whatever became of the conversation since.
func TestApplySentStaysSent(t *testing.T) {
	for _, per := range []store.Identity{store.PerConversation, store.PerResolution} {
		b := newBench(t, 2)
		b.engine.Options.SurveyPer = per
		made, _, _ := planOf(t, *b.engine)
		b.apply(t, made)
		b.conversations[0].Status = "open"
		b.conversations = b.conversations[:1]
		if got := b.apply(t, made); got.Reasons[store.Skipped][decide.AlreadySent] != 2 || len(got.Notices) > 0 {
			t.Errorf("per %s: %v %q", per, got.Reasons, got.Notices)
		}
	}
}

// TestApplyOfARangeNamesWhatDecides holds that nobody is told to wait for a run, which does not read a range of the past.
func TestApplyOfARangeNamesWhatDecides(t *testing.T) {
	for _, past := range []bool{false, true} {
		b := newBench(t, 2)
		if past {
			b.engine.Options.Range = fetch.Window{From: testNow.Add(-48 * time.Hour), To: testNow.Add(-time.Hour)}
		}
		made, _, _ := planOf(t, *b.engine)
		b.engine.Options.Range = fetch.Window{}
		b.conversations = nil
		notices := strings.Join(b.apply(t, made).Notices, "; ")
		if !strings.Contains(notices, "and not sent: ") || strings.Contains(notices, "or its back-fill, decides") != past {
			t.Errorf("a range: %v; %q", past, notices)
		}
	}
}

// TestApplyTwins lets two keys wait for one resolution, as after survey_per was changed twice, so far from each other that they
// are not read together. One of them is asked about: in a dry run, in its plan, and in the pass that carries that out.
func TestApplyTwins(t *testing.T) {
	b := newBench(t, recheckAtOnce)
	past := time.Now().Add(-time.Minute)
	slices.SortFunc(b.conversations, func(a, c kustomer.Conversation) int { return a.LastDone.At.Compare(c.LastDone.At) })
	var entries []store.Entry
	for _, c := range b.conversations {
		record := store.Record{State: store.Scheduled, Reason: string(decide.Stopped), Resolution: c.LastDone.At, At: past, Due: past}
		entries = append(entries, store.Entry{Key: decide.KeyOf(c), Record: record})
	}
	twin := entries[recheckAtOnce-1]
	twin.Key.Resolution = twin.Record.Resolution.UnixMilli()
	if err := b.ledger.Commit(store.Batch{Entries: append(entries, twin)}); err != nil {
		t.Fatal(err)
	}
	made, _, dry := planOf(t, *b.engine)
	if dry.Found != recheckAtOnce+1 || dry.Planned != recheckAtOnce || dry.Reasons[store.Skipped][decide.AlreadySent] != 1 {
		t.Errorf("the dry run: %+v", dry)
	}
	if b.apply(t, made); len(b.got) != recheckAtOnce {
		t.Errorf("%d requests for %d conversations", len(b.got), recheckAtOnce)
	}
}

// TestApplyGivesUp holds that a request which was tried for long enough is not tried by a plan either.
func TestApplyGivesUp(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.Policy.MaxAge = 0
	c := b.conversations[0]
	made, _, _ := planOf(t, *b.engine)
	first := time.Now().Add(-decide.GiveUpAfter - time.Minute)
	intent, err := b.ledger.Begin(decide.KeyOf(c), c.LastDone.At, first)
	if err == nil {
		err = b.ledger.Finish(intent, store.Result{State: store.Retry, Reason: string(decide.Limited), At: first, Due: first})
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := b.apply(t, made); got.Reasons[store.Rejected][decide.GaveUp] != 1 || len(b.got) > 0 {
		t.Errorf("got %v after %d requests", got.Reasons, len(b.got))
	}
}

// TestApplyPutsOff holds that a conversation which a pass did not come to has no survey request to show.
func TestApplyPutsOff(t *testing.T) {
	b := newBench(t, 3*recheckAtOnce)
	made, _, _ := planOf(t, *b.engine)
	b.engine.Options.Limits.Max = 1
	result := b.apply(t, made)
	if result.Reasons[store.Scheduled][decide.Paused] != 3*recheckAtOnce-1 {
		t.Errorf("got %v", result.Reasons)
	}
	for id, row := range b.rows() {
		if row.Request != nil && row.Request.ExtInteractionID == "" {
			t.Fatalf("%s has an empty request", id)
		}
	}
}

// TestApplyForgotten holds that nobody is asked whom the ledger may have forgotten since the plan was made.
func TestApplyForgotten(t *testing.T) {
	b := newBench(t, 0)
	b.mustRun(t)
	b.conversations = newDesk(1).conversations
	b.customers = newDesk(1).customers
	b.engine.Options.Range = fetch.Window{From: testNow.Add(-2 * time.Hour), To: testNow.Add(-10 * time.Minute)}
	made, _, _ := planOf(t, *b.engine)
	if _, err := b.ledger.Prune(t.Context(), testNow.Add(-30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if result := b.apply(t, made); result.Reasons[store.Skipped][decide.PlanChanged] != 1 || len(b.got) > 0 {
		t.Errorf("got %v %v %v", result.Counts, result.Reasons, result.Notices)
	}
}

// decisionOf is what a row of a dry run and of the pass that carries it out have in common.
func decisionOf(r Row) string {
	if r.Planned || r.State == store.Accepted || r.State == store.Rejected && r.Request != nil {
		return "sent"
	}
	return fmt.Sprintf("%s %s", r.State, r.Reason)
}

func decisionsOf(rows map[string]Row) map[string]string {
	all := map[string]string{}
	for id, row := range rows {
		all[id] = decisionOf(row)
	}
	return all
}

// TestPlanIsTheRun compares three ways from the same ledger and conversations: a dry run and the run after it agree row by row;
// the plan of the dry run holds what is sent, and sends the same requests; and a run after that leaves the ledger as the run
// alone does.
func TestPlanIsTheRun(t *testing.T) {
	seeds := uint64(amount(10, 120))
	for seed := uint64(1); seed <= seeds && !t.Failed(); seed++ {
		d := splitDesk(seed)
		alone, other := newWay(seed, d), newWay(seed, d)
		for _, w := range []*way{alone, other} {
			if seed%2 == 0 {
				w.engine.Options.SurveyPer = store.PerResolution
			}
		}
		for _, w := range []*way{alone, other} { // some history: what is sent already, and what waits
			w.engine.Options.Limits.Max = 5
			w.engine.Options.Policy.Delay = time.Duration(seed%3) * 2 * time.Hour
			w.pass(t, seed)
			w.engine.Options.Limits.Max = int(seed % 4 * 10)
			w.sent.got = nil
		}
		made, dry, _ := planOf(t, *other.engine)

		rows := &heard{}
		alone.engine.Observer = rows
		alone.pass(t, seed)
		if diff := cmp.Diff(decisionsOf(dry), decisionsOf(rows.rows())); diff != "" {
			t.Fatalf("seed %d: dry run -, run +:\n%s", seed, diff)
		}

		applied := &heard{}
		other.engine.Observer, other.engine.Options.Plan = applied, &made
		for stopped := range 3 { // whatever was sent then is told only then
			other.after = 1 + stopped
			other.pass(t, seed)
		}
		other.after = 0
		other.pass(t, seed)
		sent := map[string]bool{}
		for _, event := range applied.events {
			if e, ok := event.(Disposed); ok && decisionOf(e.Row) == "sent" {
				sent[e.Key.Conversation] = true
			}
		}
		for id, row := range dry {
			if sent[id] != row.Planned {
				t.Errorf("seed %d: %s is %q in the dry run; sent when it was applied: %t", seed, id, decisionOf(row), sent[id])
			}
		}
		for id, n := range other.sent.times() {
			if n != 1 {
				t.Errorf("seed %d: %s was asked %d times", seed, id, n)
			}
		}
		if diff := cmp.Diff(requestsOf(alone.sent.got), requestsOf(other.sent.got)); diff != "" {
			t.Errorf("seed %d: requests of the run -, of the plan +:\n%s", seed, diff)
		}
		other.engine.Options.Plan, other.engine.Options.Limits.Max = nil, -1
		other.pass(t, seed)
		alone.engine.Options.Limits.Max = -1
		alone.pass(t, seed)
		if diff := cmp.Diff(alone.left(), other.left()); diff != "" {
			t.Errorf("seed %d: ledger of the run -, of the plan and a run +:\n%s", seed, diff)
		}
	}
}

// requestsOf are requests by conversation.
func requestsOf(got []agentconnect.Request) map[string]agentconnect.Request {
	all := map[string]agentconnect.Request{}
	for _, request := range got {
		all[request.ExtInteractionID] = request
	}
	return all
}

// TestApplySettlesDoubts settles the doubts about what the plan holds, and leaves all others alone.
func TestApplySettlesDoubts(t *testing.T) {
	b := newBench(t, 4)
	made, _, _ := planOf(t, *b.engine)
	made.Send = slices.DeleteFunc(made.Send, func(p plan.Planned) bool { return p.ID == b.conversations[3].ID })
	b.doubt(t, 0, 1, 3)
	b.engine.Receiver = &shown{rows: []agentconnect.Interaction{
		{ExtInteractionID: b.conversations[0].ID}, b.later(t),
	}}
	result := b.apply(t, made)
	if result.Counts[store.Accepted] != 3 || result.Reasons[store.Accepted][decide.Verified] != 1 || result.Due != 2 {
		t.Errorf("got %v %v, %d due", result.Counts, result.Reasons, result.Due)
	}
	want := map[string]int{b.conversations[1].ID: 1, b.conversations[2].ID: 1}
	if diff := cmp.Diff(want, b.times()); diff != "" {
		t.Errorf("requests: want -, got +:\n%s", diff)
	}
	if got := b.state(t, 3); got.State != store.InDoubt {
		t.Errorf("what is not in the plan is %+v", got)
	}
}

// TestApplyRecovery carries out a plan with a recovery, and sends none in the place of a survey request that was planned.
func TestApplyRecovery(t *testing.T) {
	b := recovering(t, 2)
	b.again(0, true)
	made, _, _ := planOf(t, *b.engine)
	if len(made.Send) != 1 || made.Send[0].Kind != "recovery" {
		t.Fatalf("planned %+v", made.Send)
	}
	if result := b.apply(t, made); result.Counts[store.Accepted] != 1 || result.Followed != 1 || !b.got[0].Recovery {
		t.Errorf("got %v, %+v", result.Counts, b.got)
	}

	b = newBench(t, 1)
	b.engine.Options.Policy.Recovery = mustRecovery(t, `custom.recoveryBool == true`)
	made, _, _ = planOf(t, *b.engine)
	b.mustRun(t)
	b.again(0, true)
	if result := b.apply(t, made); result.Reasons[store.Skipped][decide.AlreadySent] != 1 || len(b.got) != 1 {
		t.Errorf("got %v %v, %d requests", result.Counts, result.Reasons, len(b.got))
	}
}

// TestApplyConfirms holds that a plan confirms the first pass of a ledger, which names what is sent, and a run does not.
func TestApplyConfirms(t *testing.T) {
	b := newBench(t, 3)
	b.engine.Options.Unconfirmed = 1
	made, _, _ := planOf(t, *b.engine)
	if _, err := b.run(t); !errors.As(err, new(*UnconfirmedError)) || len(b.got) > 0 {
		t.Errorf("a run: %v, %d requests", err, len(b.got))
	}
	if result := b.apply(t, made); result.Counts[store.Accepted] != 3 {
		t.Errorf("got %v", result.Counts)
	}
}
