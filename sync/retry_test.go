package sync

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/verify"
)

// refusing answers as Agent Connect does when it refuses.
func refusing(status int, words string) func(agentconnect.Request) agentconnect.Answer {
	return func(agentconnect.Request) agentconnect.Answer {
		return agentconnect.Answer{Status: status, Written: true, Own: true, Message: words}
	}
}

// unreachable answers as if no connection could be made.
func unreachable(agentconnect.Request) agentconnect.Answer {
	return agentconnect.Answer{Err: errTrouble}
}

// pause lets the time go by, by both clocks.
func (b *bench) pause(d time.Duration) {
	time.Sleep(d)
	b.now = b.now.Add(d)
}

// retry takes up again what was refused for a reason, and wants so many.
func (b *bench) retry(t *testing.T, reason decide.Reason, want int) {
	t.Helper()
	o := verify.RetryOptions{Refusals: verify.Refusals{Reasons: []decide.Reason{reason}}}
	got, err := verify.Retry(t.Context(), b.ledger, o, verify.Verification{})
	for _, r := range got {
		if !r.Changed() {
			t.Errorf("%+v is left as it was", r)
		}
	}
	if err != nil || len(got) != want {
		t.Fatalf("%d are taken up, want %d, %v", len(got), want, err)
	}
}

// TestRetriedOnce asks again, days later and whatever the age, what Agent Connect refused, once the cause is mended:
// not before, and never twice.
func TestRetriedOnce(t *testing.T) {
	for _, per := range []store.Identity{store.PerConversation, store.PerResolution} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, 3)
			b.engine.Options.SurveyPer = per
			b.answer = refusing(400, "Validation Error: Employee not found: nobody@example.org")
			b.mustRun(t)
			b.pause(120 * time.Hour)
			b.mustRun(t)
			if len(b.got) != 3 {
				t.Fatalf("%d requests", len(b.got))
			}
			b.retry(t, decide.EmployeeNotFound, 3)
			if result := b.mustRun(t); result.Reasons[store.Rejected][decide.EmployeeNotFound] != 3 || len(b.got) != 6 {
				t.Errorf("not mended: %d requests, %v", len(b.got), result.Reasons)
			}
			b.mustRun(t)
			b.retry(t, decide.EmployeeNotFound, 3)
			b.answer = nil
			if result := b.mustRun(t); result.Counts[store.Accepted] != 3 || result.Due != 3 {
				t.Errorf("mended: %+v", result)
			}
			b.mustRun(t)
			b.retry(t, decide.EmployeeNotFound, 0)
			for id, n := range b.times() {
				if n != 3 {
					t.Errorf("%s was sent %d times", id, n)
				}
			}
		})
	}
}

// TestRetriedIsDecidedAnew: what is no longer to be asked about is not asked, though the operator queued it.
func TestRetriedIsDecidedAnew(t *testing.T) {
	b := newBench(t, 4)
	b.answer = refusing(400, "Channel not enabled for company")
	b.mustRun(t)
	b.conversations[0].Custom = map[string]any{"doNotSendAgentConnectRequestBool": true}
	b.conversations[1].Status = "open"
	other := store.Entry{
		Key:    store.Key{Conversation: b.conversations[2].ID, Resolution: b.conversations[2].LastDone.At.UnixMilli()},
		Record: store.Record{State: store.Accepted, Resolution: b.conversations[2].LastDone.At, At: testNow},
	}
	if _, err := b.ledger.Import(func(yield func(store.Entry, error) bool) { yield(other, nil) }); err != nil {
		t.Fatal(err)
	}
	b.retry(t, decide.ChannelNotEnabled, 4)
	b.got, b.answer = nil, nil
	result := b.mustRun(t)
	skips := result.Reasons[store.Skipped]
	if len(b.got) != 1 || b.got[0].ExtInteractionID != b.conversations[3].ID || skips[decide.DoNotSend] != 1 ||
		skips[decide.Reopened] != 1 || skips[decide.AlreadySent] != 1 {
		t.Errorf("sent %v, skipped %v", b.got, skips)
	}
}

// TestRetriedAsLongAsEver: the time after which it is given up begins anew, and so do the pauses between two attempts.
func TestRetriedAsLongAsEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(testNow)) // what it was tried first at is compared with when it was marked done
		b := newBench(t, 1)
		b.answer = unreachable
		b.mustRun(t)
		for b.state(t, 0).State == store.Retry {
			b.pause(6 * time.Hour)
			b.mustRun(t)
		}
		if got := b.state(t, 0); got.Reason != string(decide.GaveUp) || got.Attempts < 10 {
			t.Fatalf("the ledger has %+v", got)
		}
		b.pause(100 * time.Hour)
		b.retry(t, decide.GaveUp, 1)
		began := time.Now()
		b.mustRun(t)
		if wait := b.state(t, 0).Due.Sub(began); wait > time.Hour {
			t.Errorf("it waits for %s", wait)
		}
		for b.state(t, 0).State == store.Retry {
			b.pause(6 * time.Hour)
			b.mustRun(t)
		}
		if got, tried := b.state(t, 0), time.Since(began); got.Reason != string(decide.GaveUp) || tried < decide.GiveUpAfter {
			t.Errorf("after %s the ledger has %+v", tried, got)
		}
		b.retry(t, decide.GaveUp, 1)
		b.got, b.answer = nil, nil
		b.mustRun(t)
		b.mustRun(t)
		if got := b.state(t, 0); got.State != store.Accepted || len(b.got) != 1 {
			t.Errorf("the ledger has %+v after %d requests", got, len(b.got))
		}
	})
}

// TestRetriedAtRisk: a request that the operator sends again on his own risk, and whose first one has arrived after
// all, does not make the ledger look as if it were put back from a copy.
func TestRetriedAtRisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Written: true} }
		b.mustRun(t)
		id := b.conversations[0].ID
		stamp := b.got[0].CustomProperties["acsync_intent"]
		arrived := time.Now()
		if _, err := verify.Resolve(t.Context(), b.ledger, verify.Selection{IDs: []string{id}}, verify.Drop); err != nil {
			t.Fatal(err)
		}
		b.pause(time.Hour)
		o := verify.RetryOptions{Refusals: verify.Refusals{IDs: []string{id}}}
		if got, err := verify.Retry(t.Context(), b.ledger, o, verify.Verification{}); err != nil || got[0].Changed() {
			t.Errorf("got %+v, %v", got, err)
		}
		o.MayHaveArrived = true
		if got, err := verify.Retry(t.Context(), b.ledger, o, verify.Verification{}); err != nil || !got[0].Changed() {
			t.Errorf("got %+v, %v", got, err)
		}
		b.answer = nil
		b.engine.Receiver = &shown{rows: []agentconnect.Interaction{{UUID: "u-1", ExtInteractionID: id, Intent: stamp, CreatedAt: arrived}}}
		for range 3 {
			b.mustRun(t)
			b.pause(time.Hour)
		}
		if got := b.state(t, 0); got.State != store.Accepted || len(b.got) != 2 {
			t.Errorf("the ledger has %+v after %d requests", got, len(b.got))
		}
	})
}

// TestRetriedRecovery asks for a recovery again that Agent Connect refused.
func TestRetriedRecovery(t *testing.T) {
	b := recovering(t, 2)
	b.again(0, true)
	b.answer = refusing(404, "Request not found")
	b.mustRun(t)
	if got := b.recovery(t, 0); got.Reason != string(decide.FirstNotFound) {
		t.Fatalf("the ledger has %+v", got)
	}
	b.retry(t, decide.FirstNotFound, 1)
	b.got, b.answer = nil, nil
	b.mustRun(t)
	b.mustRun(t)
	if got := b.recovery(t, 0); got.State != store.Accepted || len(b.got) != 1 || !b.got[0].Recovery {
		t.Errorf("the ledger has %+v after %v", got, b.got)
	}
}

// TestRetriedExpression asks what an expression failed on, though no pass reads that time any more.
func TestRetriedExpression(t *testing.T) {
	b := newBench(t, 2)
	rules, problems := decide.CompileRules([]decide.RuleText{{Name: "vip", When: "custom.a.b == 1", Action: "skip"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b.engine.Options.Policy.Rules = rules
	if result := b.mustRun(t); result.Counts[store.Rejected] != 2 {
		t.Fatalf("got %+v", result)
	}
	b.engine.Options.Policy.Rules = nil
	b.now = b.now.Add(100 * time.Hour)
	b.mustRun(t)
	b.retry(t, decide.AnyRuleError, 2)
	b.mustRun(t)
	b.mustRun(t)
	if got := b.state(t, 1); got.State != store.Accepted || len(b.got) != 2 {
		t.Errorf("the ledger has %+v after %d requests", got, len(b.got))
	}
}

// TestRetriedUnderTwoKeys: a conversation that an older version has left under two keys is asked about once.
func TestRetriedUnderTwoKeys(t *testing.T) {
	b := newBench(t, 1)
	done := b.conversations[0].LastDone.At
	for _, key := range []store.Key{{Conversation: b.conversations[0].ID}, {Conversation: b.conversations[0].ID, Resolution: done.UnixMilli()}} {
		e := store.Entry{Key: key, Record: store.Record{State: store.Rejected, Reason: "brand_refused", Status: 400, Resolution: done, At: testNow}}
		if _, err := b.ledger.Import(func(yield func(store.Entry, error) bool) { yield(e, nil) }); err != nil {
			t.Fatal(err)
		}
	}
	b.retry(t, decide.BrandRefused, 2)
	for range 2 {
		if _, err := b.engine.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.got) != 1 {
		t.Errorf("%d requests", len(b.got))
	}
}

// slowData are interactions that Agent Connect's data show after a while, in the order in which they came about.
type slowData struct {
	rows []agentconnect.Interaction
	lag  time.Duration
}

func (s *slowData) Since(ctx context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return s.Between(ctx, since, time.Now())
}

func (s *slowData) Between(_ context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, row := range s.rows {
			shown := time.Since(row.CreatedAt) >= s.lag && !row.CreatedAt.Before(since) && !row.CreatedAt.After(until)
			if shown && !yield(row, nil) {
				return
			}
		}
	}
}

// TestRetriesNeverAskTwice lets an operator who knows nothing take up again, drop and look up whatever there is, between
// passes whose requests are taken, refused, lost, or lost after they have arrived. However it comes, no conversation is
// asked about twice, and in the end none is left that was
// certainly refused.
func TestRetriesNeverAskTwice(t *testing.T) {
	for seed := range uint64(amount(10, 200)) {
		synctest.Test(t, func(t *testing.T) { retryAtRandom(t, seed) })
	}
}

func retryAtRandom(t *testing.T, seed uint64) {
	const conversations = 9
	time.Sleep(time.Until(testNow))
	random := rand.New(rand.NewPCG(seed, 2))
	b, data := newBench(t, conversations), &slowData{lag: time.Duration(random.IntN(15)) * time.Minute}
	b.engine.Options.Concurrency, b.engine.Options.VerifyAfter = 1, 20*time.Minute
	v := verify.Verification{After: 20 * time.Minute, Stamped: true}
	if random.IntN(3) > 0 {
		b.engine.Receiver, v.Receiver = data, data
	}
	if random.IntN(2) > 0 {
		b.engine.Options.SurveyPer = store.PerResolution
	}
	arrived, mended := map[string]int{}, false
	take := func(r agentconnect.Request) {
		arrived[r.ExtInteractionID]++
		data.rows = append(data.rows, agentconnect.Interaction{
			UUID: r.CustomProperties["acsync_intent"], ExtInteractionID: r.ExtInteractionID, Intent: r.CustomProperties["acsync_intent"], CreatedAt: time.Now(),
		})
	}
	b.answer = func(r agentconnect.Request) agentconnect.Answer {
		switch kind := random.IntN(6); {
		case mended, kind == 0:
			take(r)
			return taken()
		case kind == 1:
			take(r)
			return agentconnect.Answer{Written: true}
		case kind == 2:
			return agentconnect.Answer{Written: true, Status: 502}
		case kind == 3:
			return unreachable(r)
		}
		return refusing(400, "Channel not enabled for company")(r)
	}
	retry := func(o verify.RetryOptions) {
		if _, err := verify.Retry(t.Context(), b.ledger, o, v); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	everything := verify.RetryOptions{Refusals: verify.Refusals{Reasons: decide.Mendable()}}
	for step := range 40 {
		mended = step >= 30
		b.pause(time.Duration(random.IntN(40)) * time.Minute)
		id := b.conversations[random.IntN(conversations)].ID
		known, err := b.ledger.Lookup([]store.Key{{Conversation: id}})
		if err != nil {
			t.Fatal(err)
		}
		named := verify.RetryOptions{Refusals: verify.Refusals{IDs: []string{id}}, DryRun: random.IntN(3) == 0}
		switch random.IntN(4) {
		case 0:
			retry(everything)
		case 1:
			if len(known) > 0 {
				retry(named)
			}
		case 2:
			if !mended {
				_, err = verify.Resolve(t.Context(), b.ledger, verify.Selection{IDs: []string{id}}, verify.Drop)
			}
		default:
			_, err = b.run(t)
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for id, n := range arrived {
			if n > 1 {
				t.Fatalf("seed %d: %s was asked about %d times", seed, id, n)
			}
		}
	}
	retry(everything)
	b.pause(7 * time.Hour) // after that nothing waits for its time
	if _, err := b.run(t); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	err := b.ledger.Each(func(e store.Entry) error {
		settled := []store.State{store.Accepted, store.Dropped, store.InDoubt}
		if e.Reason == string(decide.GaveUp) && e.Status == 502 { // nothing later has shown yet that it did not arrive
			settled = append(settled, store.Rejected)
		}
		if !slices.Contains(settled, e.State) || e.State == store.Accepted && arrived[e.Conversation] != 1 {
			t.Errorf("seed %d: the ledger has %+v, which arrived %d times", seed, e, arrived[e.Conversation])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
