package sync

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	stdsync "sync"
	"sync/atomic"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// Sender takes survey requests: Agent Connect.
type Sender interface {
	// Ready waits for this sender's turn, so that its rate is kept.
	Ready(ctx context.Context) error
	// Create posts a survey request, once, and tells the facts of the answer.
	Create(ctx context.Context, r agentconnect.Request) agentconnect.Answer
}

// Journal is what delivering needs of the ledger. Both calls are durable when they return.
type Journal interface {
	Begin(key store.Key, resolution, now time.Time) (store.Intent, error)
	Finish(intent store.Intent, result store.Result) error
}

// errRefused ends a pass: Agent Connect refused the key.
var errRefused = errors.New("the API key was refused by Agent Connect; nothing more was sent. It is wrong, expired, or of " +
	"another account: see agent_connect.api_key_file or AGENT_CONNECT_API_KEY")

// LedgerError is a write to the ledger that failed. It ends the sending at once: what cannot be remembered must not be sent.
type LedgerError struct{ err error }

// Error says what could not be written.
func (e *LedgerError) Error() string { return e.err.Error() }

// Unwrap is the ledger's own error.
func (e *LedgerError) Unwrap() error { return e.err }

// tries is how often a survey request that was certainly not sent is tried within one pass.
const tries = 3

// deliverer sends survey requests. It is the only place that does.
type deliverer struct {
	journal Journal
	sender  Sender
	fuse    *fuse
	stamp   bool          // write the intent's id into custom_properties.acsync_intent
	slots   chan struct{} // one place for each survey request in flight
	halt    func(error)   // ends the context of the pass

	failed atomic.Pointer[error] // the first failure that ended the sending
}

// DeliverOptions are what survey requests are sent with.
type DeliverOptions struct {
	Journal     Journal
	Sender      Sender
	Limits      Limits
	Stamp       bool        // write the intent's id into custom_properties.acsync_intent
	Concurrency int         // survey requests in flight
	Halt        func(error) // ends the context of the pass
}

func newDeliverer(o DeliverOptions) *deliverer {
	return &deliverer{
		journal: o.Journal, sender: o.Sender, fuse: newFuse(o.Limits), stamp: o.Stamp,
		slots: make(chan struct{}, max(o.Concurrency, 1)), halt: o.Halt,
	}
}

// limitFirst is what the first pass of a ledger may send.
func (d *deliverer) limitFirst(n int) { d.fuse.limits.First = n }

// halted tells whether no more survey requests are admitted.
func (d *deliverer) halted() bool { return d.fuse.halted() }

// told is what made the pass stop sending: a fuse, a service that takes nothing, or else the operator's own limit.
func (d *deliverer) told() (blown, down, limit string) { return d.fuse.told() }

// fail ends the sending of the whole pass. The failure is kept also when a signal has ended the pass already.
func (d *deliverer) fail(err error) {
	d.failed.CompareAndSwap(nil, &err)
	d.halt(err)
}

// failure is what ended the sending; nil when nothing did.
func (d *deliverer) failure() error {
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// send delivers a case as soon as there is a place for it, and does not wait for the outcome: done is called with that,
// and group knows when. One that is not sent because the pass stopped is scheduled.
func (d *deliverer) send(ctx context.Context, c Case, group *stdsync.WaitGroup, done func(Case, Outcome)) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		done(c, Outcome{State: store.Scheduled, Reason: Stopped})
		return
	}
	group.Go(func() {
		defer func() { <-d.slots }()
		outcome, err := d.one(ctx, c)
		if err != nil {
			d.fail(err)
		}
		done(c, outcome)
	})
}

// one sends one survey request, and again while it certainly was not sent. An error tells that nothing more may be
// sent in this pass.
func (d *deliverer) one(ctx context.Context, c Case) (Outcome, error) {
	outcome := Outcome{State: store.Scheduled, Reason: Stopped}
	if ctx.Err() != nil || !d.fuse.admit() {
		return outcome, nil
	}
	for try := 1; ; try++ {
		if !d.ready(ctx) {
			if try == 1 {
				d.fuse.release()
			}
			return outcome, nil
		}
		var err error
		if outcome, err = d.attempt(ctx, c); err != nil {
			return outcome, err
		}
		d.fuse.note(outcome)
		switch {
		case outcome.Reason == Credentials:
			return outcome, errRefused
		case outcome.State != store.Retry || try == tries:
			return outcome, nil
		case outcome.Reason == Unreachable && !sleep(ctx, backoff(try)):
			return outcome, nil
		}
	}
}

// ready waits for the sender's turn; false when the pass stopped meanwhile.
func (d *deliverer) ready(ctx context.Context) bool {
	ctx, cancel := d.fuse.waiting(ctx)
	defer cancel()
	return d.sender.Ready(ctx) == nil && ctx.Err() == nil
}

// attempt is the one road to a POST: the intent is durable before the socket is touched, and the outcome is durable
// before anything else happens. What has begun is finished even when the pass is told to stop: the sender's own
// time-out ends it.
func (d *deliverer) attempt(ctx context.Context, c Case) (Outcome, error) {
	intent, err := d.journal.Begin(c.Key, c.resolution(), time.Now())
	if err != nil {
		return Outcome{State: store.Scheduled, Reason: Stopped},
			&LedgerError{err: fmt.Errorf("write the intent for conversation %s: %w; it was not sent", c.Conversation.ID, err)}
	}
	request := c.Request
	if d.stamp && !request.Recovery {
		request = stamped(request, intent)
	}
	outcome := classify(d.sender.Create(context.WithoutCancel(ctx), request))
	now := time.Now()
	if !outcome.Planned {
		outcome.At = now
	}
	result := store.Result{State: outcome.State, Reason: string(outcome.Reason), Status: outcome.Status, At: now}
	switch {
	case outcome.Reason == Credentials:
		result.Due = now
	case outcome.State == store.Retry:
		result.Due = now.Add(pause(intent.Attempt))
	case outcome.State == store.InDoubt:
		result.Due = now
	}
	if err := d.journal.Finish(intent, result); err != nil {
		return Outcome{State: store.InDoubt, Reason: Interrupted, Status: outcome.Status},
			&LedgerError{err: fmt.Errorf("write the outcome for conversation %s: %w; the next pass will find it in doubt", c.Conversation.ID, err)}
	}
	return outcome, nil
}

// stamped is the request with the intent's id in its custom properties, so that the receiver's own data tell which
// attempt arrived.
func stamped(r agentconnect.Request, intent store.Intent) agentconnect.Request {
	properties := map[string]string{"acsync_intent": intent.String()}
	for key, value := range r.CustomProperties {
		properties[key] = value
	}
	r.CustomProperties = properties
	return r
}

// backoff is the pause before the next try within a pass: about one second, then about two, with jitter.
func backoff(try int) time.Duration {
	base := time.Second << (try - 1)
	return base/2 + rand.N(base)
}

// sleep waits; false when the context ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
