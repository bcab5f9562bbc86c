package sync

import (
	"context"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// TestLaterResolutionBesideADoubt has a converted ledger with a doubt, and the conversation marked done again later:
// another resolution, which has a survey of its own.
func TestLaterResolutionBesideADoubt(t *testing.T) {
	b := newBench(t, 1)
	first := b.conversations[0].LastDone.At
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		return agentconnect.Answer{Err: context.DeadlineExceeded}
	} // not sent
	b.mustRun(t)
	if s := b.state(t, 0); s.State != store.Retry {
		t.Fatalf("%+v", s)
	}
	if _, err := b.ledger.Convert(store.PerResolution); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.SurveyPer = store.PerResolution
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		return agentconnect.Answer{Written: true, Err: context.DeadlineExceeded}
	} // no answer: in doubt
	key := decide.SurveyPer(store.PerResolution).Key(b.conversations[0])
	// Its turn comes.
	known, _ := b.ledger.Lookup([]store.Key{key})
	r := known[key]
	r.Due = time.Now().Add(-time.Minute)
	if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{Key: key, Record: r}}}); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t)
	known, _ = b.ledger.Lookup([]store.Key{key})
	if s := known[key]; s.State != store.InDoubt || !decide.SameResolution(s.Resolution, first) {
		t.Fatalf("%+v", s)
	}
	b.answer, b.engine.Options.Knock = nil, true
	sent := len(b.got)
	b.done(0, testNow.Add(-10*time.Minute))
	b.engine.Run(t.Context())
	if len(b.got) != sent+1 {
		t.Errorf("the later resolution was not asked about: %d", len(b.got)-sent)
	}
	// Nor does any later pass, when the doubt has ended.
	for range 2 {
		b.desk.now = b.desk.now.Add(2 * time.Hour)
		b.engine.Run(t.Context())
	}
	known, _ = b.ledger.Lookup([]store.Key{key})
	if err := b.ledger.Settle(key, known[key].Intent, store.Result{State: store.Accepted, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	b.desk.now = b.desk.now.Add(2 * time.Hour)
	b.engine.Run(t.Context())
	if len(b.got) != sent+1 {
		t.Errorf("it is lost for good")
	}
}

// TestLaterResolutionBesideWhatIsGivenUp: what was tried for too long does not take a later resolution with it.
func TestLaterResolutionBesideWhatIsGivenUp(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.SurveyPer = store.PerResolution
	key, now := decide.KeyOf(b.conversations[0]), time.Now()
	if err := b.ledger.Commit(store.Batch{Identity: store.PerResolution}); err != nil {
		t.Fatal(err)
	}
	i, err := b.ledger.Begin(key, testNow.Add(-20*time.Hour), now.Add(-80*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	x := store.Result{State: store.Retry, Reason: "unreachable", At: now.Add(-79 * time.Hour), Due: now.Add(-time.Hour)}
	if err := b.ledger.Finish(i, x); err != nil {
		t.Fatal(err)
	}
	if _, err := b.engine.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.got) != 1 {
		t.Errorf("asked %d times, want 1", len(b.got))
	}
}

// TestTooOldBackfillSaysWhatItIs: what is refused is reported as the back-fill that it was to be.
func TestTooOldBackfillSaysWhatItIs(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.Range.From = testNow.AddDate(-3, 0, 0)
	b.engine.Options.Range.To = testNow.Add(-time.Hour)
	result, err := b.engine.Run(t.Context())
	if result.Backfill.Begun.IsZero() {
		t.Errorf("the result does not say that it is a back-fill: %v", err)
	}
}

// TestLaterResolutionBesideAWaitingRecovery: nor does a recovery that waits from before the ledger was converted.
func TestLaterResolutionBesideAWaitingRecovery(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.SurveyPer = store.PerResolution
	key := decide.KeyOf(b.conversations[0])
	key.Recovery = true
	at := b.conversations[0].LastDone.At.Add(-3 * time.Hour)
	e := store.Entry{Key: key, Record: store.Record{State: store.Scheduled, Reason: "stopped", Resolution: at, At: at, Due: at}}
	if err := b.ledger.Commit(store.Batch{Identity: store.PerResolution, Entries: []store.Entry{e}}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.engine.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.got) != 1 {
		t.Errorf("asked %d times, want 1", len(b.got))
	}
}

// TestImportOfTheOtherKind has one survey a conversation, and a ledger that took over from an export that a
// resolution of it was asked about: that counts.
func TestImportOfTheOtherKind(t *testing.T) {
	b := newBench(t, 1)
	at := b.conversations[0].LastDone.At.Add(-20 * time.Hour)
	key := decide.KeyOf(b.conversations[0])
	key.Resolution = at.UnixMilli()
	e := store.Entry{Key: key, Record: store.Record{State: store.Accepted, Resolution: at, At: at, Attempts: 1, Status: 200}}
	if _, err := b.ledger.Import(func(yield func(store.Entry, error) bool) { yield(e, nil) }); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t)
	if len(b.got) != 0 {
		t.Errorf("the conversation was asked about again, %d times", len(b.got))
	}
}

// TestNothingToWaitForAnyMore has what was tried for long wait beside another key that was asked about the same: the
// ledger and the report agree that it was sent already.
func TestNothingToWaitForAnyMore(t *testing.T) {
	b := newBench(t, 2)
	b.engine.Options.SurveyPer = store.PerResolution
	b.engine.Options.Limits.Max = 1
	if err := b.ledger.Commit(store.Batch{Identity: store.PerResolution}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	plain := decide.KeyOf(b.conversations[1])
	at := b.conversations[1].LastDone.At
	own := decide.SurveyPer(store.PerResolution).KeyAt(plain, at)
	// tried for long
	i, err := b.ledger.Begin(own, at, now.Add(-80*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ledger.Finish(i, store.Result{State: store.Retry, Reason: "unreachable", At: now.Add(-79 * time.Hour), Due: now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	other := decide.SurveyPer(store.PerResolution).Key(b.conversations[0])
	ot := b.conversations[0].LastDone.At
	if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{Key: other, Record: store.Record{State: store.Scheduled, Reason: "stopped", Resolution: ot, At: now, Due: now.Add(-2 * time.Hour)}}}}); err != nil {
		t.Fatal(err)
	}
	acc := store.Entry{Key: plain, Record: store.Record{State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: at.Add(time.Minute), At: at.Add(time.Minute)}}
	if _, err := b.ledger.Import(func(yield func(store.Entry, error) bool) { yield(acc, nil) }); err != nil {
		t.Fatal(err)
	}
	b.mustRun(t)
	known, _ := b.ledger.Lookup([]store.Key{own})
	row := b.rows()[own.Conversation]
	if known[own].State != row.State {
		t.Errorf("the report says %v, the ledger %v", row.State, known[own].State)
	}
}

// TestConvertedThereAndBack has a resolution that was asked about, of which others told too, with a later time. After
// both conversions it is not asked about again.
func TestConvertedThereAndBack(t *testing.T) {
	b := newBench(t, 1)
	b.engine.Options.SurveyPer, b.engine.Options.Overlap = store.PerResolution, 3*time.Hour
	b.mustRun(t)
	if len(b.got) != 1 {
		t.Fatal("not asked")
	}
	at := b.conversations[0].LastDone.At.Add(20 * time.Minute)
	e := store.Entry{Key: decide.KeyOf(b.conversations[0]), Record: store.Record{State: store.Accepted, Resolution: at, At: at}}
	if _, err := b.ledger.Import(func(yield func(store.Entry, error) bool) { yield(e, nil) }); err != nil {
		t.Fatal(err)
	}
	for _, to := range []store.Identity{store.PerConversation, store.PerResolution} {
		if _, err := b.ledger.Convert(to); err != nil {
			t.Fatal(err)
		} else {
		}
	}
	b.mustRun(t)
	if len(b.got) != 1 {
		t.Errorf("one resolution was asked about %d times", len(b.got))
	}
}
