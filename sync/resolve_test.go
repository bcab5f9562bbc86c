package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/sandbox"
	"acsync/sync/verify"
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

const (
	ledgerID   = "89abcdef01234567"
	doubtfulID = "6716500fa1b2c3d4e5f60001"
)

// askedLedger is the ledger whose doubts are compared with data.
var askedLedger = store.Info{ID: ledgerID, Intents: 0x30}

func TestVerdict(t *testing.T) {
	stamp := func(n uint64) string { return fmt.Sprintf("%s-%x", ledgerID, n) }
	since := func(d time.Duration) time.Time { return testNow.Add(-d) }
	// In doubt for 20 minutes, as the 29th intent, and first tried 30 minutes ago.
	doubtful := store.Entry{
		Key: store.Key{Conversation: doubtfulID},
		Record: store.Record{
			State: store.InDoubt, Reason: "no_answer", Resolution: since(time.Hour), At: since(20 * time.Minute), First: since(30 * time.Minute),
			Attempts: 2, Intent: 0x1d, Doubt: 0x1d, Status: 500,
		},
	}
	later := agentconnect.Interaction{ExtInteractionID: "6716500fa1b2c3d4e5f60002", Intent: stamp(0x1e), CreatedAt: since(19 * time.Minute)}
	its := func(stamp string, age time.Duration) agentconnect.Interaction {
		return agentconnect.Interaction{ExtInteractionID: doubtfulID, Intent: stamp, CreatedAt: since(age)}
	}
	byResolution := func(attempts int) func(*store.Entry) {
		return func(e *store.Entry) { e.Key.Resolution, e.Attempts = since(time.Hour).UnixMilli(), attempts }
	}
	const wait = 5 * time.Minute
	tests := []struct {
		name    string
		change  func(*store.Entry)
		ledger  func(*store.Info)
		sibling uint64 // the intent of another resolution that the ledger knows; 0 for none
		rows    []agentconnect.Interaction
		err     error
		want    store.State
	}{
		{name: "its stamp, on a recovery", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, Intent: stamp(0x1d), CreatedAt: since(21 * time.Minute), Recovery: true}, later}, want: store.Accepted},
		{name: "its stamp, below another interaction", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, Intent: stamp(0x1d), CreatedAt: since(21 * time.Minute), Recovery: true, Parent: "p"}, later}, want: store.Accepted},
		{name: "its stamp in capitals, padded", rows: []agentconnect.Interaction{{ExtInteractionID: " " + doubtfulID + " ", Intent: strings.ToUpper(stamp(0x1d)) + " "}}, want: store.Accepted},
		{name: "its stamp, sent with another key", ledger: func(i *store.Info) { i.BoundAt = 0x20 }, rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, want: store.Accepted},
		{name: "a recovery of its conversation since", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, CreatedAt: since(20 * time.Minute), Recovery: true, Parent: "p"}, later}, want: store.InDoubt},
		{name: "a recovery of its conversation long before", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, CreatedAt: since(50 * time.Minute), Recovery: true, Parent: "p"}, later}, want: store.Retry},

		{name: "a later one, begun before the doubt arose", change: func(e *store.Entry) { e.Doubt = 0x1e }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "a later one, and nobody knows when the doubt arose", change: func(e *store.Entry) { e.Doubt = 0 }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "one that the ledger has never given", rows: []agentconnect.Interaction{{Intent: stamp(0x31), CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "the greatest number there is", rows: []agentconnect.Interaction{{Intent: ledgerID + "-ffffffffffffffff", CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "a later one from the future", rows: []agentconnect.Interaction{{Intent: stamp(0x1e), CreatedAt: testNow.Add(time.Second)}}, want: store.InDoubt},
		{name: "a later one, and one from the far future", rows: []agentconnect.Interaction{later, {Intent: stamp(0x1f), CreatedAt: testNow.AddDate(70, 0, 0)}}, want: store.Retry},
		{name: "a later one, and sent with another key", ledger: func(i *store.Info) { i.BoundAt = 0x1d }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},
		{name: "a later one, and the key was changed before it was sent", ledger: func(i *store.Info) { i.BoundAt = 0x1c }, rows: []agentconnect.Interaction{later}, want: store.Retry},

		{name: "its stamp", rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, want: store.Accepted},
		{name: "its stamp, in data that break off", rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute)}, err: errTrouble, want: store.Accepted},
		{name: "its stamp, with a clock far behind", rows: []agentconnect.Interaction{its(stamp(0x1d), 9*time.Hour)}, want: store.Accepted},
		{name: "its stamp, and no time", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID, Intent: stamp(0x1d)}}, want: store.Accepted},
		{name: "its stamp, and no id", rows: []agentconnect.Interaction{{Intent: stamp(0x1d)}, later}, want: store.Accepted},
		{name: "its stamp on another conversation", rows: []agentconnect.Interaction{{ExtInteractionID: later.ExtInteractionID, Intent: stamp(0x1d), CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "an earlier attempt of it", rows: []agentconnect.Interaction{its(stamp(0x11), 29*time.Minute), later}, want: store.Accepted},
		{name: "its conversation without a stamp", rows: []agentconnect.Interaction{its("", 21*time.Minute), later}, want: store.Accepted},
		{name: "its conversation in capitals", rows: []agentconnect.Interaction{{ExtInteractionID: strings.ToUpper(doubtfulID), CreatedAt: since(21 * time.Minute)}}, want: store.Accepted},
		{name: "its conversation, by another ledger", rows: []agentconnect.Interaction{its("0000000000000000-1d", 21*time.Minute), later}, want: store.Accepted},
		{name: "its conversation, and no time", rows: []agentconnect.Interaction{{ExtInteractionID: doubtfulID}, later}, want: store.Accepted},
		{name: "its conversation, long before", rows: []agentconnect.Interaction{its("", 50*time.Minute)}, want: store.InDoubt},
		{name: "its conversation, long before, and a later one", rows: []agentconnect.Interaction{its("", 50*time.Minute), later}, want: store.Retry},

		{name: "nothing", want: store.InDoubt},
		{name: "a later one", rows: []agentconnect.Interaction{later}, want: store.Retry},
		{name: "a later one, in data that break off", rows: []agentconnect.Interaction{later}, err: errTrouble, want: store.InDoubt},
		{name: "an earlier one", rows: []agentconnect.Interaction{{Intent: stamp(0x1c), CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "one that was sent later, and received before", rows: []agentconnect.Interaction{{Intent: stamp(0x1e), CreatedAt: since(21 * time.Minute)}}, want: store.InDoubt},
		{name: "one of each, and none with both", rows: []agentconnect.Interaction{
			{Intent: stamp(0x1c), CreatedAt: since(time.Minute)}, {Intent: stamp(0x1e), CreatedAt: since(21 * time.Minute)},
		}, want: store.InDoubt},
		{name: "a later one among others", rows: []agentconnect.Interaction{
			{Intent: stamp(0x20), CreatedAt: since(18 * time.Minute)}, {Intent: stamp(0x1e), CreatedAt: since(21 * time.Minute)}, {Intent: stamp(0x21), CreatedAt: since(25 * time.Minute)},
		}, want: store.Retry},
		{name: "a later one without a time", rows: []agentconnect.Interaction{{Intent: stamp(0x1e)}}, want: store.InDoubt},
		{name: "a later one of another ledger", rows: []agentconnect.Interaction{{Intent: "0000000000000000-1e", CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "a later one without a stamp", rows: []agentconnect.Interaction{{ExtInteractionID: later.ExtInteractionID, CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "stamps that are none", rows: []agentconnect.Interaction{{Intent: ledgerID + "-", CreatedAt: since(0)}, {Intent: ledgerID + "-xyz", CreatedAt: since(0)}, {Intent: ledgerID, CreatedAt: since(0)}}, want: store.InDoubt},
		{name: "a later one, too early to tell", change: func(e *store.Entry) { e.At = since(4 * time.Minute) }, rows: []agentconnect.Interaction{{Intent: stamp(0x1e), CreatedAt: since(time.Minute)}}, want: store.InDoubt},
		{name: "a later one, and no number of its own", change: func(e *store.Entry) { e.Intent = 0 }, rows: []agentconnect.Interaction{later}, want: store.InDoubt},

		{name: "resolution: its stamp", change: byResolution(2), rows: []agentconnect.Interaction{its(stamp(0x1d), 21*time.Minute), its(stamp(0x1c), 22*time.Minute)}, want: store.Accepted},
		{name: "resolution: another one, and the only attempt", change: byResolution(1), rows: []agentconnect.Interaction{its(stamp(0x11), 22*time.Minute), later}, want: store.Retry},
		{name: "resolution: another one, sent later", change: byResolution(2), sibling: 0x1f, rows: []agentconnect.Interaction{its(stamp(0x1f), 5*time.Minute)}, want: store.Retry},
		{name: "resolution: one that the ledger does not know", change: byResolution(1), rows: []agentconnect.Interaction{its(stamp(0x1f), 5*time.Minute), later}, want: store.InDoubt},
		{name: "resolution: without a stamp, when it was sent", change: byResolution(1), rows: []agentconnect.Interaction{its("", 21*time.Minute), later}, want: store.Accepted},
		{name: "resolution: without a stamp, later", change: byResolution(1), rows: []agentconnect.Interaction{its("", 2*time.Minute), later}, want: store.InDoubt},
		{name: "resolution: another one, or an earlier attempt", change: byResolution(2), rows: []agentconnect.Interaction{its(stamp(0x11), 22*time.Minute), later}, want: store.InDoubt},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entry := doubtful
			if test.change != nil {
				test.change(&entry)
			}
			data := &shown{rows: test.rows, err: test.err}
			info, memory := askedLedger, newMemoryLedger(testNow)
			if test.ledger != nil {
				test.ledger(&info)
			}
			memory.records[store.Key{Conversation: doubtfulID, Resolution: 1}] = store.Record{State: store.Accepted, Intent: test.sibling, Attempts: 1}
			q := verify.NewMatcher(info, []store.Entry{entry}, false, 0)
			q.Now = testNow
			_ = q.Read(t.Context(), memory, data) // of the verdicts
			got, told := q.Decide(entry, wait, testNow)
			if !told {
				got = store.Result{State: store.InDoubt}
			}
			if got.State != test.want {
				t.Errorf("got %s, want %s", got.State, test.want)
			}
			if want := since(45 * time.Minute); !data.asked[0].Equal(want) {
				t.Errorf("asked from %s, want %s", data.asked[0], want)
			}
		})
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
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
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
	before := fileBytes(t, b.path)
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
	dry := b.mustRun(t)
	if fileBytes(t, b.path) != before {
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

func TestVerify(t *testing.T) {
	b := newBench(t, 2)
	intent, err := b.ledger.Begin(decide.KeyOf(b.conversations[0]), b.conversations[0].LastDone.At, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[1]), b.conversations[1].LastDone.At, time.Now()); err != nil {
		t.Fatal(err)
	}
	data := &shown{rows: []agentconnect.Interaction{{ExtInteractionID: b.conversations[0].ID, Intent: intent.String()}}, err: errTrouble}
	settled, err := verify.Verify(t.Context(), b.ledger, verify.Verification{Receiver: data, After: time.Minute, Stamped: true})
	if !errors.Is(err, errTrouble) {
		t.Errorf("error %v, want that of the data", err)
	}
	got := map[string]string{}
	for _, s := range settled {
		got[s.Conversation] = s.Before.String() + " " + s.State.String()
	}
	want := map[string]string{b.conversations[0].ID: "in_doubt accepted", b.conversations[1].ID: "in_doubt in_doubt"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
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
		for seed := range uint64(5) {
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
