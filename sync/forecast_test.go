package sync

import (
	"context"
	"fmt"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/explain"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
)

// known are the states in which a ledger can hold a conversation that was marked done at a time.
func known(resolved, now time.Time) []store.Record {
	tried := func(state store.State, reason decide.Reason, status int, due time.Time) store.Record {
		return store.Record{
			State: state, Reason: string(reason), Status: status, Resolution: resolved, At: now.Add(-time.Hour), Due: due,
			Attempts: 1, Intent: 1, First: now.Add(-time.Hour),
		}
	}
	untried := func(state store.State, reason decide.Reason, due time.Time) store.Record {
		return store.Record{State: state, Reason: string(reason), Resolution: resolved, At: now.Add(-time.Hour), Due: due}
	}
	past, future := now.Add(-time.Minute), now.Add(time.Hour)
	longAgo := tried(store.Retry, decide.Limited, 429, past)
	longAgo.First = now.Add(-100 * time.Hour)
	earlier := tried(store.Accepted, "", 200, time.Time{})
	earlier.Resolution = resolved.Add(-24 * time.Hour)
	return []store.Record{
		{},
		untried(store.Scheduled, decide.Stopped, past),
		untried(store.Scheduled, decide.Delayed, past),
		untried(store.Scheduled, decide.Delayed, future),
		tried(store.Retry, decide.Limited, 429, past),
		tried(store.Retry, decide.Unreachable, 0, future),
		tried(store.Retry, decide.NotArrived, 0, past),
		longAgo,
		tried(store.InDoubt, decide.NoAnswer, 0, past),
		tried(store.Accepted, "", 200, time.Time{}),
		tried(store.Rejected, decide.Refused, 422, time.Time{}),
		untried(store.Rejected, "rule_error:some", time.Time{}),
		tried(store.Dropped, decide.ByHand, 0, time.Time{}),
		untried(store.Skipped, decide.NoEmail, time.Time{}),
		untried(store.Skipped, decide.NotDone, time.Time{}),
		earlier,
	}
}

// TestForecastIsWhatHappens holds what explain foretells against what the next pass does: for every kind of
// conversation, in every state in which the ledger can hold it, also where it is too old to be met again.
func TestForecastIsWhatHappens(t *testing.T) {
	for i := range amount(1, 4) {
		per := []store.Identity{store.PerConversation, store.PerResolution}[i%2]
		delay := []time.Duration{2 * time.Hour, 0}[i/2]
		t.Run(fmt.Sprintf("per %s, delay %s", per, delay), func(t *testing.T) { forecast(t, per, delay) })
	}
}

func forecast(t *testing.T, per store.Identity, delay time.Duration) {
	now := time.Now()
	stand, err := sandbox.Start(sandbox.Options{
		Busy: 16 * time.Hour, PerHour: 130, KustomerPerMinute: 1e9, SearchesPerMinute: 1e9, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	client, err := kustomer.New(kustomer.Options{BaseURL: stand.KustomerURL(), APIKey: stand.KustomerKey(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	policy := testPolicy()
	policy.Delay = delay
	ledger := newMemoryLedger(stand.Start())
	ledger.info.Checkpoint, ledger.info.Identity, ledger.intents = now.Add(-8*time.Hour), per, 1
	explainer := explain.Explainer{
		Source: client, Directory: listedOnce(t, client), Ledger: ledger,
		Options: explain.Options{Policy: policy, SurveyPer: per, Overlap: 30 * time.Minute, Settle: 3 * time.Minute},
	}
	foretold, states, kinds := map[string]explain.Forecast{}, map[string]int{}, map[string]int{}
	for _, c := range stand.Conversations(now.Add(-16*time.Hour), now) {
		records := known(c.Resolved, now)
		n := kinds[c.Kind]
		if kinds[c.Kind]++; n >= len(records) {
			continue
		}
		if key := decide.SurveyPer(per).KeyAt(store.Key{Conversation: c.ID}, records[n].Resolution); records[n].State != store.Unknown {
			ledger.records[key] = records[n]
		}
		states[c.ID] = n
	}
	for id := range states {
		x, err := explainer.Explain(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		foretold[id] = x.Forecast
	}
	heard := &heard{}
	engine := &Engine{
		Source: client, Directory: client, Sender: &receiver{}, Observer: heard, Ledger: ledger,
		Options: Options{
			Policy: policy, SurveyPer: per, Settle: 3 * time.Minute, Overlap: 30 * time.Minute, Recheck: time.Hour, Concurrency: 4,
		},
	}
	result, err := engine.Run(t.Context())
	if err != nil || !result.Accounted() {
		t.Fatalf("%v, %+v", err, result)
	}
	rows, fates := heard.rows(), map[explain.Fate]int{}
	for id, forecast := range foretold {
		row, met := rows[id]
		fates[forecast.Fate]++
		if !happened(forecast, row, met) {
			t.Errorf("%s, in state %d: foretold %+v, and then met %v: %s %s", id, states[id], forecast, met, row.State, row.Reason)
		}
	}
	for _, fate := range []explain.Fate{
		explain.FateSend, explain.FateWait, explain.FateSkip, explain.FateDone, explain.FateReject, explain.FateByHand, explain.FateMissed,
	} {
		if fates[fate] == 0 {
			t.Errorf("nothing was foretold to be %s: %v", fate, fates)
		}
	}
	if len(kinds) < 40 {
		t.Errorf("only %d kinds of conversations", len(kinds))
	}
}

// lists are the users and the tags of an organisation, listed once: each question of explain lists them anew.
type lists struct {
	fetch.Directory
	users []kustomer.User
	tags  []kustomer.Tag
}

func listedOnce(t *testing.T, d fetch.Directory) lists {
	t.Helper()
	users, err := d.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tags, err := d.Tags(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return lists{d, users, tags}
}

func (l lists) Users(context.Context) ([]kustomer.User, error) { return l.users, nil }
func (l lists) Tags(context.Context) ([]kustomer.Tag, error)   { return l.tags, nil }

// happened reports whether what a pass did with a conversation is what was foretold.
func happened(f explain.Forecast, row Row, met bool) bool {
	switch f.Fate {
	case explain.FateSend:
		return met && row.State == store.Accepted
	case explain.FateWait: // a pass need not have come to it
		return !met || row.State.Waiting() && row.State != store.InDoubt
	case explain.FateSkip:
		return !met || row.State == store.Skipped && row.Reason == f.Reason
	case explain.FateDone:
		return !met || row.State == store.Skipped && row.Reason == decide.AlreadySent
	case explain.FateReject:
		return met && row.State == store.Rejected && row.Reason == f.Reason
	case explain.FateByHand:
		return met && row.State == store.InDoubt
	case explain.FateMissed:
		return !met
	}
	return false
}
