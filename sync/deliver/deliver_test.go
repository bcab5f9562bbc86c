package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	stdsync "sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// held is a Sender that answers when it is let go, and a ledger that begins every intent.
type held struct{ answer chan struct{} }

func (held) Ready(ctx context.Context) error { return ctx.Err() }

func (h held) Create(context.Context, agentconnect.Request) agentconnect.Answer {
	<-h.answer
	return agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true}}
}

func (held) Room() error { return nil }

func (held) Begin(key store.Key, _, _ time.Time) (store.Intent, error) {
	return store.Intent{Key: key}, nil
}

func (held) Finish(store.Intent, store.Result) error { return nil }

// TestLimitIsToldAtOnce hands over one request more than a pass may send, while the first is in flight: that
// the sending has stopped is known when the call returns, so that it does not depend on chance whether one
// more window is delivered.
func TestLimitIsToldAtOnce(t *testing.T) {
	h := held{make(chan struct{})}
	d := New(Options{
		Ledger: h, Sender: h, Limits: Limits{Max: 1, ErrorRate: 1}, Concurrency: 2, Halt: func(error) {},
	})
	var group stdsync.WaitGroup
	outcomes := map[string]Outcome{}
	send := func(id string) {
		d.Send(t.Context(), decide.Case{Key: store.Key{Conversation: id}}, &group,
			func(c decide.Case, o Outcome) { outcomes[c.Key.Conversation] = o })
	}
	send("a")
	if d.Stopped() {
		t.Error("the limit is reached before more is to be sent")
	}
	send("b")
	if b := outcomes["b"]; !d.Stopped() || b != notSent {
		t.Errorf("stopped: %t, the second is %+v", d.Stopped(), b)
	}
	close(h.answer)
	group.Wait()
	if a := outcomes["a"]; a.State != store.Accepted {
		t.Errorf("the first is %+v", a)
	}
}

// stopped is a Sender whose requests have not left when they are stopped.
type stopped struct {
	held
	begun   chan struct{}
	results chan store.State
}

func (s stopped) Create(ctx context.Context, _ agentconnect.Request) agentconnect.Answer {
	s.begun <- struct{}{}
	<-ctx.Done()
	return agentconnect.Answer{Err: ctx.Err()}
}

func (s stopped) Finish(_ store.Intent, r store.Result) error {
	s.results <- r.State
	return nil
}

// TestStoppedBeforeItLeft tries nothing again, takes nothing for a failure of the service, and is told like what
// the pass did not come to.
func TestStoppedBeforeItLeft(t *testing.T) {
	s := stopped{begun: make(chan struct{}), results: make(chan store.State, 2*failuresInARow)}
	d := New(Options{
		Ledger: s, Sender: s, Limits: Limits{ErrorRate: 1, Requests: cap(s.results)}, Concurrency: cap(s.results),
		Halt: func(error) {},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var group stdsync.WaitGroup
	outcomes := make(chan Outcome, cap(s.results))
	for range cap(outcomes) {
		d.Send(ctx, decide.Case{}, &group, func(_ decide.Case, o Outcome) { outcomes <- o })
	}
	for range cap(outcomes) {
		<-s.begun
	}
	cancel()
	group.Wait()
	for range cap(outcomes) {
		if o, kept := <-outcomes, <-s.results; o != notSent || kept != store.Scheduled {
			t.Errorf("it ended as %s in the ledger, and %+v", kept, o)
		}
	}
	if _, known := d.Receiver(); known || d.Stopped() {
		t.Error("it is taken for a fault of Agent Connect")
	}
	if !d.admit() {
		t.Error("it counts as one of the requests that a pass may send")
	}
}

// later is a Sender that answers 429 first, and whose second request is stopped before it has left, or has no turn.
type later struct {
	stopped
	stop  context.CancelFunc
	turns *atomic.Int32 // that are left
}

func (l later) Ready(ctx context.Context) error {
	if l.turns.Add(-1) == 0 {
		l.stop()
	}
	return ctx.Err()
}

func (l later) Create(ctx context.Context, r agentconnect.Request) agentconnect.Answer {
	if len(l.results) == 0 {
		return agentconnect.Answer{Status: 429, Written: true}
	}
	l.stop()
	return l.stopped.Create(ctx, r)
}

// TestStoppedLater tells what came of the try before, as the ledger has it, when a later one was stopped.
func TestStoppedLater(t *testing.T) {
	for turns, want := range map[int32][]store.State{2: {store.Retry}, 3: {store.Retry, store.Scheduled}} {
		ctx, cancel := context.WithCancel(t.Context())
		l := later{stopped{begun: make(chan struct{}, 1), results: make(chan store.State, tries)}, cancel, new(atomic.Int32)}
		l.turns.Store(turns)
		d := New(Options{Ledger: l, Sender: l, Limits: Limits{ErrorRate: 1}, Halt: func(error) {}})
		var group stdsync.WaitGroup
		d.Send(ctx, decide.Case{}, &group, func(_ decide.Case, o Outcome) {
			if o.State != store.Retry || o.Reason != decide.Limited || o.Status != 429 {
				t.Errorf("with %d turns got %+v", turns, o)
			}
		})
		group.Wait()
		close(l.results)
		var got []store.State
		for state := range l.results {
			got = append(got, state)
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %d turns the ledger was told %v, want %v", turns, got, want)
		}
	}
}

// unfit is a Sender that cannot connect as its machine is set up.
type unfit struct {
	held
	results chan store.Result
}

func (unfit) Create(context.Context, agentconnect.Request) agentconnect.Answer {
	return agentconnect.Answer{Err: exit.New(exit.Usage, "no authorities")}
}

func (u unfit) Finish(_ store.Intent, r store.Result) error {
	u.results <- r
	return nil
}

// TestUnfit ends the pass with the first request: it waits for the next pass, whenever that is, and Agent Connect is not
// taken to be down.
func TestUnfit(t *testing.T) {
	u := unfit{results: make(chan store.Result, tries)}
	d := New(Options{Ledger: u, Sender: u, Limits: Limits{ErrorRate: 1}, Halt: func(error) {}})
	var group stdsync.WaitGroup
	d.Send(t.Context(), decide.Case{}, &group, func(decide.Case, Outcome) {})
	group.Wait()
	if code, _ := exit.Of(d.Failure()); code != exit.Usage {
		t.Errorf("it ends with %v", d.Failure())
	}
	if r := <-u.results; len(u.results) > 0 || r.State != store.Retry || !r.Due.Equal(r.At) {
		t.Errorf("got %+v and %d more", r, len(u.results))
	}
	if _, known := d.Receiver(); known {
		t.Error("it is taken for a fault of Agent Connect")
	}
}

// scripted is a Sender with an answer for each request, and a ledger that tells what came to it.
type scripted struct {
	held
	answers  []agentconnect.Answer
	requests []agentconnect.Request
	results  []store.Result
	refuse   error // what Finish fails with
}

func (s *scripted) Create(_ context.Context, r agentconnect.Request) agentconnect.Answer {
	s.requests = append(s.requests, r)
	return s.answers[len(s.requests)-1]
}

func (s *scripted) Finish(_ store.Intent, r store.Result) error {
	s.results = append(s.results, r)
	return s.refuse
}

// send delivers one case, and returns its outcome and what ended the pass.
func (s *scripted) send(ctx context.Context, c decide.Case, stamp bool) (got Outcome, failed error) {
	d := New(Options{Ledger: s, Sender: s, Limits: Limits{ErrorRate: 1}, Stamp: stamp, Halt: func(error) {}})
	var group stdsync.WaitGroup
	d.Send(ctx, c, &group, func(_ decide.Case, o Outcome) { got = o })
	group.Wait()
	return got, d.Failure()
}

var (
	well = agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true}}
	away = agentconnect.Answer{Err: errors.New("connection refused")}
)

// TestStampKeepsProperties sends what the operator's mapping says beside the stamp, and does not change the case.
func TestStampKeepsProperties(t *testing.T) {
	s, properties := &scripted{answers: []agentconnect.Answer{well}}, map[string]string{"team": "blue"}
	c := decide.Case{Decision: decide.Decision{Request: agentconnect.Request{CustomProperties: properties}}}
	if o, _ := s.send(t.Context(), c, true); o.State != store.Accepted {
		t.Fatalf("got %+v", o)
	}
	got := s.requests[0].CustomProperties
	if got["team"] != "blue" || got["acsync_intent"] == "" || len(got) != 2 || len(properties) != 1 {
		t.Errorf("sent %v of %v", got, properties)
	}
}

// TestShortBreak tries again within the pass what found no connection, after a pause that grows.
func TestShortBreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, begin := &scripted{answers: []agentconnect.Answer{away, away, well}}, time.Now()
		o, _ := s.send(t.Context(), decide.Case{}, false)
		if o.State != store.Accepted || o.At.IsZero() {
			t.Errorf("got %+v", o)
		}
		// About one second, then about two, by the clock of the bubble.
		if waited := time.Since(begin); waited < 1500*time.Millisecond || waited >= 4500*time.Millisecond {
			t.Errorf("it took %s", waited)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		s := &scripted{answers: []agentconnect.Answer{away, well}}
		if o, _ := s.send(ctx, decide.Case{}, false); o.Reason != decide.Unreachable || len(s.requests) != 1 {
			t.Errorf("the pass was stopped in the pause: got %+v after %d requests", o, len(s.requests))
		}
	})
}

// TestPausesDiffer spreads the tries of those that fail together, around a second at first, then around two.
func TestPausesDiffer(t *testing.T) {
	for try, base := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second} {
		different, shorter, longer := map[time.Duration]bool{}, 0, 0
		for i := range 200 {
			pause := backoff(store.Key{Conversation: fmt.Sprint(i)}, try)
			if different[pause] = true; pause < base {
				shorter++
			} else {
				longer++
			}
			if pause < base/2 || pause >= base+base/2 {
				t.Errorf("a pause of %s before try %d", pause, try+1)
			}
		}
		if len(different) < 100 || shorter < 20 || longer < 20 {
			t.Errorf("before try %d: %d pauses, %d shorter than %s", try+1, len(different), shorter, base)
		}
	}
}

// TestUnfitAfterItLeft keeps in doubt what may have arrived, whatever the error says of the setting up.
func TestUnfitAfterItLeft(t *testing.T) {
	s := &scripted{answers: []agentconnect.Answer{{Written: true, Err: exit.New(exit.Usage, "no authorities")}}}
	o, failed := s.send(t.Context(), decide.Case{}, false)
	if o.State != store.InDoubt || s.results[0].State != store.InDoubt || failed != nil {
		t.Errorf("got %+v, failed: %v", o, failed)
	}
}

// TestLedgerFailsOnWhatHasNotLeft ends the pass, and takes nothing for a doubt of which nothing has left.
func TestLedgerFailsOnWhatHasNotLeft(t *testing.T) {
	s := &scripted{answers: []agentconnect.Answer{{Err: context.Canceled}}, refuse: errors.New("disk full")}
	if o, failed := s.send(t.Context(), decide.Case{}, false); o != notSent || failed == nil {
		t.Errorf("got %+v, failed: %v", o, failed)
	}
}

// TestDryAnswerHasNoTime tells a time only of what was tried.
func TestDryAnswerHasNoTime(t *testing.T) {
	s := &scripted{answers: []agentconnect.Answer{{Err: ErrDryRun}, well}}
	if o, _ := s.send(t.Context(), decide.Case{}, false); !o.Planned || !o.At.IsZero() {
		t.Errorf("a dry run: %+v", o)
	}
	if o, _ := s.send(t.Context(), decide.Case{}, false); o.Planned || o.At.IsZero() {
		t.Errorf("a real one: %+v", o)
	}
}

// queued is a Sender that has a second request wait for its turn until the first has its answer.
type queued struct {
	held
	turns    *atomic.Int32
	answered chan struct{}
}

func (q queued) Ready(ctx context.Context) error {
	if q.turns.Add(1) > 1 {
		select {
		case <-q.answered:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// TestAdmittedBeforeTheLimit sends what was admitted before a limit on the number was reached: only other fuses
// keep it back.
func TestAdmittedBeforeTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queued{held{make(chan struct{})}, new(atomic.Int32), make(chan struct{})}
		d := New(Options{
			Ledger: q, Sender: q, Limits: Limits{Requests: 2, ErrorRate: 1}, Concurrency: 3, Halt: func(error) {},
		})
		var group stdsync.WaitGroup
		var accepted atomic.Int32
		for range 3 {
			d.Send(t.Context(), decide.Case{}, &group, func(_ decide.Case, o Outcome) {
				if o.State == store.Accepted {
					accepted.Add(1)
				}
			})
			synctest.Wait()
		}
		q.answer <- struct{}{}
		synctest.Wait() // its answer is counted, and trips the fuse if anything does
		close(q.answered)
		close(q.answer)
		group.Wait()
		if n := accepted.Load(); n != 2 {
			t.Errorf("%d of the two that a pass may send were sent", n)
		}
	})
}
