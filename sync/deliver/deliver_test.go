package deliver

import (
	"context"
	stdsync "sync"
	"testing"
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
type stopped struct{ held }

func (stopped) Create(ctx context.Context, _ agentconnect.Request) agentconnect.Answer {
	<-ctx.Done()
	return agentconnect.Answer{Err: ctx.Err()}
}

// TestStoppedBeforeItLeft tries nothing again, and takes nothing for a failure of the service.
func TestStoppedBeforeItLeft(t *testing.T) {
	d := New(Options{
		Ledger: held{}, Sender: stopped{}, Limits: Limits{ErrorRate: 1}, Concurrency: 2 * failuresInARow,
		Halt: func(error) {},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var group stdsync.WaitGroup
	outcomes := make(chan Outcome, 2*failuresInARow)
	for range cap(outcomes) {
		d.Send(ctx, decide.Case{}, &group, func(_ decide.Case, o Outcome) { outcomes <- o })
	}
	cancel()
	group.Wait()
	for range cap(outcomes) {
		if o := <-outcomes; o.Reason != decide.Stopped || o.State == store.InDoubt {
			t.Errorf("got %+v", o)
		}
	}
	if _, known := d.Receiver(); known || d.Stopped() {
		t.Error("it is taken for a fault of Agent Connect")
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
