package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/sandbox"
)

// shown are interactions that the data show, and how they end.
type shown struct {
	rows  []agentconnect.Interaction
	err   error
	asked []time.Time
}

func (s *shown) Since(_ context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error] {
	s.asked = append(s.asked, since)
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, row := range s.rows {
			if !yield(row, nil) {
				return
			}
		}
		if s.err != nil {
			yield(agentconnect.Interaction{}, s.err)
		}
	}
}

// Between shows what lies between, and fails as Since does.
func (s *shown) Between(_ context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, row := range s.rows {
			if !row.CreatedAt.Before(since) && !row.CreatedAt.After(until) && !yield(row, nil) {
				return
			}
		}
		if s.err != nil {
			yield(agentconnect.Interaction{}, s.err)
		}
	}
}

// TestDoubtsAreAskedAboutLessAndLess follows one that cannot be settled through ten days of passes.
func TestDoubtsAreAskedAboutLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1)
		if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), testNow, time.Now()); err != nil {
			t.Fatal(err)
		}
		data := &shown{}
		b.engine.Receiver, b.engine.Options.VerifyAfter = data, 5*time.Minute
		var at time.Time
		long := 0
		for range 10 * 24 * 4 {
			if got := b.mustRun(t); got.Counts[store.InDoubt] != 1 {
				t.Fatalf("got %+v", got)
			}
			if asked := data.asked[len(data.asked)-1]; time.Since(asked) > 2*time.Hour {
				long++
			}
			if at.IsZero() {
				at = b.state(t, 0).At
			}
			time.Sleep(15 * time.Minute)
		}
		if long < 15 || long > 45 {
			t.Errorf("asked for more than two hours of data %d times in ten days of passes every 15 minutes", long)
		}
		if got := b.state(t, 0); !got.At.Equal(at) || decide.Reason(got.Reason) != decide.Interrupted {
			t.Errorf("the ledger has %+v, in doubt since %s", got, at)
		}
	})
}

// TestUnreadableData lets the data fail: a ledger that bears stamps sends nothing, because they might have
// told that it is not the newest; without stamps they could not, and the pass goes on with what they showed
// before.
func TestUnreadableData(t *testing.T) {
	for _, stamp := range []bool{true, false} {
		b := newBench(t, 3)
		b.engine.Options.Stamp = stamp
		var stamps []string
		for i := range 2 {
			intent, err := b.ledger.Begin(decide.KeyOf(b.conversations[i]), b.conversations[i].LastDone.At, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			stamps = append(stamps, intent.String())
		}
		b.engine.Receiver = &shown{err: errTrouble, rows: []agentconnect.Interaction{{ExtInteractionID: b.conversations[0].ID, Intent: stamps[0]}}}
		if stamp {
			if result, err := b.run(t); !errors.Is(err, errTrouble) || len(b.got) > 0 || result.Found != 0 {
				t.Errorf("error %v, %d sent, %+v", err, len(b.got), result)
			}
			continue
		}
		result := b.mustRun(t)
		want := map[store.State]int{store.Accepted: 2, store.InDoubt: 1}
		if diff := cmp.Diff(want, result.Counts); diff != "" || result.Settled[store.Accepted] != 1 || len(result.Notices) != 1 {
			t.Errorf("got %+v, -want +got:\n%s", result, diff)
		}
		if got := b.state(t, 0); got.State != store.Accepted || decide.Reason(got.Reason) != decide.Verified {
			t.Errorf("the ledger has %+v", got)
		}
		if got := b.times(); len(got) != 1 || got[b.conversations[2].ID] != 1 {
			t.Errorf("sent %v", got)
		}
	}
}

// TestSettlingIsWritten lets the ledger refuse what was settled: the pass ends before anything is sent.
func TestSettlingIsWritten(t *testing.T) {
	b := newBench(t, 2)
	if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), testNow, time.Now()); err != nil {
		t.Fatal(err)
	}
	b.engine.Receiver = &shown{}
	b.engine.Ledger = unsettling{b.ledger}
	result, err := b.run(t)
	if _, ok := errors.AsType[*store.WriteError](err); !ok || !errors.Is(err, errTrouble) || len(b.got) > 0 || result.Counts[store.InDoubt] != 1 {
		t.Errorf("error %v, %+v, %d sent", err, result, len(b.got))
	}
}

type unsettling struct{ Ledger }

func (unsettling) Settle(store.Key, uint64, store.Result) error { return errTrouble }

// dryAndLive makes a dry run and the pass after it. What the former would send it counts as accepted.
func (b *bench) dryAndLive(t *testing.T) (dry, live Result) {
	t.Helper()
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
	dry = b.mustRun(t)
	b.engine.Ledger, b.engine.Sender = b.ledger, b.receiver
	live = b.mustRun(t)
	dry.Counts[store.Accepted] += dry.Planned
	return dry, live
}

// TestDryRunAfterACrash compares a dry run with the pass after it when an intent was left open: since when it is in doubt
// counts from now, so that neither believes that it did not arrive.
func TestDryRunAfterACrash(t *testing.T) {
	b := newBench(t, 2)
	long := time.Now().Add(-time.Hour)
	if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), b.conversations[0].LastDone.At, long); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.VerifyAfter = 5 * time.Minute
	b.engine.Receiver = &shown{rows: []agentconnect.Interaction{b.later(t)}}
	dry, live := b.dryAndLive(t)
	if diff := cmp.Diff(dry.Counts, live.Counts); diff != "" || live.Counts[store.InDoubt] != 1 {
		t.Errorf("-dry +live:\n%s", diff)
	}
}

// doubt lets requests for these conversations be interrupted an hour ago.
func (b *bench) doubt(t *testing.T, conversations ...int) {
	t.Helper()
	long := time.Now().Add(-time.Hour)
	for _, i := range conversations {
		if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[i]), b.conversations[i].LastDone.At, long); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.ledger.Recover(long); err != nil {
		t.Fatal(err)
	}
}

// later lets the ledger send one more request, about a conversation of another day, and gives what Agent
// Connect's data show of it.
func (b *bench) later(t *testing.T) agentconnect.Interaction {
	t.Helper()
	info, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("6716500fa1b2c3d4e5fe%04x", info.Intents)
	intent, err := b.ledger.Begin(store.Key{Conversation: id}, testNow.AddDate(0, -1, 0), time.Now())
	if err == nil {
		err = b.ledger.Finish(intent, store.Result{State: store.Accepted, Status: 200, At: time.Now()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return agentconnect.Interaction{ExtInteractionID: id, Intent: intent.String(), CreatedAt: time.Now()}
}

// TestDryRunSettlesUpToMax compares a dry run that stops at --max with the pass after it: what was found not to have arrived
// and is not sent again yet waits as what it has become, not as in doubt.
func TestDryRunSettlesUpToMax(t *testing.T) {
	b := newBench(t, 3)
	b.doubt(t, 0, 1, 2)
	b.engine.Receiver = &shown{rows: []agentconnect.Interaction{b.later(t)}}
	b.engine.Options.Limits.Max = 1
	dry, live := b.dryAndLive(t)
	if diff := cmp.Diff(dry.Counts, live.Counts); diff != "" || live.Counts[store.Retry] != 2 {
		t.Errorf("-dry +live:\n%s", diff)
	}
	if diff := cmp.Diff(dry.Reasons, live.Reasons); diff != "" {
		t.Errorf("-dry +live:\n%s", diff)
	}
}

// TestDryRunSettles compares a dry run with the pass after it, where one doubt ends well and one is sent again.
func TestDryRunSettles(t *testing.T) {
	b := newBench(t, 3)
	b.engine.Receiver = &shown{rows: []agentconnect.Interaction{{ExtInteractionID: b.conversations[0].ID}}}
	b.doubt(t, 0, 1)
	data := b.engine.Receiver.(*shown)
	data.rows = append(data.rows, b.later(t))
	before := b.written(t)
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
	dry := b.mustRun(t)
	if b.written(t) != before {
		t.Error("the dry run changed the ledger")
	}
	b.engine.Ledger, b.engine.Sender = b.ledger, b.receiver
	live := b.mustRun(t)
	if dry.Planned != 2 || live.Counts[store.Accepted] != 3 || dry.Counts[store.Accepted] != 1 || len(b.got) != 2 {
		t.Errorf("dry %+v\nlive %+v", dry, live)
	}
	if diff := cmp.Diff(dry.Settled, live.Settled); diff != "" || live.Settled[store.Retry] != 1 {
		t.Errorf("settled: -dry +live:\n%s", diff)
	}
}

// TestLastResort ages requests that were never taken: three days after the first attempt they are given up, visibly. One
// that is found not to have arrived is tried again whatever its age.
func TestLastResort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2)
		b.engine.Options.Policy.MaxAge = 0
		b.answer = func(r agentconnect.Request) agentconnect.Answer {
			if r.ExtInteractionID == b.conversations[1].ID {
				return agentconnect.Answer{Written: true, Err: errTrouble}
			}
			return agentconnect.Answer{Status: 429, Written: true}
		}
		b.mustRun(t)
		for range 24 {
			time.Sleep(3 * time.Hour)
			if got := b.mustRun(t); got.Counts[store.Rejected] != 0 {
				t.Fatalf("given up too early: %+v", got)
			}
		}
		time.Sleep(6 * time.Hour)
		b.answer, b.got = nil, nil
		b.engine.Receiver = &shown{rows: []agentconnect.Interaction{b.later(t)}}
		result := b.mustRun(t)
		if result.Reasons[store.Rejected][decide.GaveUp] != 1 || len(result.Refusals) != 1 || result.Counts[store.Accepted] != 1 || len(b.got) != 1 {
			t.Errorf("got %+v", result)
		}
		if got := b.state(t, 0); got.State != store.Rejected || decide.Reason(got.Reason) != decide.GaveUp || got.Status != 429 || got.Attempts < 10 {
			t.Errorf("the ledger has %+v", got)
		}
	})
}

// connect serves a sandbox's Agent Connect over connections in memory, and gives a client with its secret.
func connect(t *testing.T, stand *sandbox.Sandbox) (*agentconnect.Client, func()) {
	t.Helper()
	listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: stand.AgentConnectHandler()}
	go func() { _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial, MaxIdleConnsPerHost: 100}
	client, err := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", APIKey: stand.AgentConnectKey(), APISecret: stand.AgentConnectSecret(), HTTP: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	}
}

// troubled draws what goes wrong with a request to Agent Connect, until it is calm.
type troubled struct {
	random *dice // thrown by several goroutines
	calm   bool  // set between passes
}

func (f *troubled) next(*http.Request) sandbox.Fault {
	faults := []sandbox.Fault{
		{Break: true, Processed: true}, {Status: 500, Processed: true}, {Cut: true}, // taken, and nobody knows
		{Break: true}, {Status: 503}, {Status: 502, Body: "<html>"}, // not taken
	}
	if x := f.random.IntN(2 * len(faults)); x < len(faults) && !f.calm {
		return faults[x]
	}
	return sandbox.Fault{}
}

// TestDoubtsEnd sends to a service that loses requests and answers, and whose data lag behind, and makes passes every
// fifteen minutes. With the secret nobody is asked twice and in the end everybody once; without it, whatever is doubtful
// stays so, and shown.
func TestDoubtsEnd(t *testing.T) {
	for _, secret := range []bool{true, false} {
		for seed := range uint64(amount(2, 8)) {
			t.Run(fmt.Sprintf("secret %v, seed %d", secret, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { loseAnswers(t, seed, secret) })
			})
		}
	}
}

func loseAnswers(t *testing.T, seed uint64, secret bool) {
	const all = 60
	faults := &troubled{random: &dice{random: rand.New(rand.NewPCG(seed, 1))}}
	stand, err := sandbox.New(sandbox.Options{
		Empty: true, Seed: seed, DataLag: time.Duration(seed) * 10 * time.Minute, Restamp: true,
		Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Hook: faults.next}},
	})
	if err != nil {
		t.Fatal(err)
	}
	stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: "alex.agent@example.org", Status: "active"}}})
	client, stop := connect(t, stand)
	defer stop()
	b := newBench(t, all)
	b.conversations, b.engine.Sender = nil, client
	b.engine.Options.Policy.MaxAge, b.engine.Options.VerifyAfter = 0, 5*time.Minute
	if secret {
		b.engine.Receiver = client
	}
	every := newDesk(all).conversations
	for pass := range 120 {
		faults.calm = pass >= all-5
		if pass < all { // one more in each pass
			c := every[pass]
			c.LastDone.At = b.now.Add(-10 * time.Minute)
			b.conversations = append(b.conversations, c)
		}
		if _, err := b.run(t); err != nil && faults.calm { // else the data could not be read, and the next pass goes on
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		b.now = b.now.Add(15 * time.Minute)
	}
	times, doubtful := map[string]int{}, 0
	for _, r := range stand.Requests() {
		if r.Accepted() {
			times[r.ExtInteractionID]++
		}
	}
	last := b.mustRun(t)
	for i, c := range b.conversations {
		state := b.state(t, i).State
		if times[c.ID] > 1 || state == store.Accepted && times[c.ID] != 1 || state != store.Accepted && state != store.InDoubt {
			t.Errorf("%s is %s and was asked %d times", c.ID, state, times[c.ID])
		}
		if state == store.InDoubt {
			doubtful++
		}
	}
	t.Logf("%d of %d were asked, %d are in doubt", len(times), all, doubtful)
	if secret && (doubtful > 0 || len(times) != all) || !secret && doubtful < 10 || last.Counts[store.InDoubt] != doubtful {
		t.Errorf("%d are in doubt, and %d are shown", doubtful, last.Counts[store.InDoubt])
	}
}
