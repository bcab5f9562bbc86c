// Package deliver sends survey requests: the intent is durable before the POST, and its outcome before
// anything else. It is the only place that sends, and the only one that says what an answer means.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	stdsync "sync"
	"sync/atomic"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// Sender takes survey requests: Agent Connect.
type Sender interface {
	// Ready waits for this sender's turn, so that its rate is kept.
	Ready(ctx context.Context) error
	// Create posts a survey request, once, and tells the facts of the answer. When ctx is cancelled, what has
	// not left is not written, and what has is finished.
	Create(ctx context.Context, r agentconnect.Request) agentconnect.Answer
}

// IntentLog is what delivering needs of the ledger. Begin and Finish are durable when they return.
type IntentLog interface {
	// Room reports whether there is space left to remember what is about to be sent.
	Room() error
	Begin(key store.Key, resolution, now time.Time) (store.Intent, error)
	Finish(intent store.Intent, result store.Result) error
}

// ErrRefused ends a pass: Agent Connect refused the key.
var ErrRefused = exit.Advise(
	exit.New(exit.Credentials, "the API key was refused by Agent Connect; nothing more was sent"),
	"it is wrong, expired, or of another account: see agent_connect.api_key_file or AGENT_CONNECT_API_KEY",
	"agent-connect")

// ErrNoSuchAddress ends a pass: what answers knows no survey requests.
var ErrNoSuchAddress = exit.Advise(
	exit.New(exit.Usage, "what answers at Agent Connect's address has no place for survey requests (404), "+
		"and did not take any; nothing is lost"),
	"compare agent_connect.base_url and agent_connect.subdomain with Agent Connect's own address",
	"agent-connect")

// tries is how often a request that was certainly not sent is tried within one pass.
const tries = 3

// notSent is the outcome of a survey request that the pass did not come to, or that it stopped before any of
// it had left: that was no attempt.
var notSent = Outcome{State: store.Scheduled, Reason: decide.Stopped}

// Deliverer sends survey requests. It is the only place that does.
type Deliverer struct {
	*fuse
	options Options
	slots   chan struct{}         // one place for each survey request in flight
	failed  atomic.Pointer[error] // the first failure that ended the sending
}

// Options are what survey requests are sent with.
type Options struct {
	Ledger      IntentLog
	Sender      Sender
	Limits      Limits
	Stamp       bool        // write the intent's id into custom_properties.acsync_intent
	Concurrency int         // survey requests in flight
	OneByOne    bool        // each before Send returns, as in a dry run, where there is nothing to wait for
	Halt        func(error) // ends the context of the pass
}

// New makes a Deliverer, which has sent nothing yet.
func New(o Options) *Deliverer {
	return &Deliverer{options: o, fuse: newFuse(o.Limits), slots: make(chan struct{}, max(o.Concurrency, 1))}
}

// LimitFirst is what the first pass of a ledger may send.
func (d *Deliverer) LimitFirst(n int) { d.limits.First = n }

// Fail ends the sending of the whole pass. The failure is kept also when a signal has ended the pass already.
func (d *Deliverer) Fail(err error) {
	d.failed.CompareAndSwap(nil, &err)
	d.options.Halt(err)
}

// Failure is what ended the sending; nil when nothing did.
func (d *Deliverer) Failure() error {
	if err := d.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Send delivers a case as soon as there is a place, and calls done with its outcome, of which group knows.
// What is not sent because the pass stopped is scheduled.
func (d *Deliverer) Send(
	ctx context.Context, c decide.Case, group *stdsync.WaitGroup, done func(decide.Case, Outcome),
) {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		done(c, notSent)
		return
	}
	// Here and not beside the others in flight, so that Stopped tells at once that a limit is reached.
	if ctx.Err() != nil || !d.admit() {
		<-d.slots
		done(c, notSent)
		return
	}
	send := func() {
		defer func() { <-d.slots }()
		outcome, err := d.deliver(ctx, c)
		if err != nil {
			d.Fail(err)
		}
		done(c, outcome)
	}
	if d.options.OneByOne || d.isKnocking() {
		send()
		return
	}
	group.Go(send)
}

// deliver sends, and again while it was certainly not sent. An error: nothing more may be sent in this pass.
func (d *Deliverer) deliver(ctx context.Context, c decide.Case) (Outcome, error) {
	last := notSent
	for try := 1; ; try++ {
		outcome, err := d.attempt(withKey(agentconnect.WithAttempt(ctx, try), c.Key), c)
		switch {
		case outcome == notSent && try == 1:
			d.release()
			return notSent, err
		// What the ledger has is what came of the try before.
		case outcome == notSent:
			return last, err
		case err != nil, try == tries:
			return outcome, err
		// The next attempt waits until the service takes requests again.
		case outcome.Reason == decide.Limited:
		// With a new intent, which has time of its own, if the ledger still gives one.
		case outcome.Reason == decide.TooLate:
		case outcome.Reason == decide.Unreachable && sleep(ctx, backoff(c.Key, try)):
		default:
			return outcome, nil
		}
		last = outcome
	}
}

func (d *Deliverer) ready(ctx context.Context) bool {
	ctx, cancel := d.waiting(ctx)
	defer cancel()
	return d.options.Sender.Ready(ctx) == nil && ctx.Err() == nil
}

// attempt is the one road to a POST: the intent is durable before the socket is touched, and the outcome is
// durable before anything else happens. What has left is finished even when the pass is told to stop.
func (d *Deliverer) attempt(ctx context.Context, c decide.Case) (Outcome, error) {
	if !d.ready(ctx) {
		return notSent, nil
	}
	// Each time: others write to the disk too, and a pass may go on for hours.
	if err := d.options.Ledger.Room(); err != nil {
		return notSent, &store.WriteError{Err: err}
	}
	intent, err := d.options.Ledger.Begin(c.Key, c.Resolution(), time.Now())
	if err != nil {
		return notSent, &store.WriteError{Err: fenced(fmt.Errorf(
			"write the intent for conversation %s: %w; it was not sent", c.Conversation.ID, err))}
	}
	request := c.Request
	if d.options.Stamp && !request.Recovery {
		request = stamped(request, intent)
	}
	answer := d.options.Sender.Create(agentconnect.WithLatest(ctx, intent.Late), request)
	outcome := classify(answer)
	// What no later request of this pass can do better, and no pass before somebody has mended it.
	unfit := answer.Status == 0 && !answer.Written && exit.Or(answer.Err, exit.Failed) == exit.Usage
	outcome = d.seen(outcome, c.Own, intent.Attempt)
	now := time.Now()
	if !outcome.Planned && outcome != notSent {
		outcome.At = now
	}
	result := store.Result{
		State: outcome.State, Reason: string(outcome.Reason), Status: outcome.Status,
		At: now,
	}
	switch {
	case unfit, outcome.Reason == decide.Credentials:
		result.Due = now
	case outcome.State == store.Retry:
		result.Due = now.Add(decide.RetryAfter(intent.Attempt))
	}
	if err := d.options.Ledger.Finish(intent, result); err != nil {
		doubt := Outcome{State: store.InDoubt, Reason: decide.Interrupted, Status: outcome.Status}
		// Nothing has left, and perhaps the ledger knows nothing of it any more.
		if outcome == notSent {
			doubt = notSent
		}
		unsent := ""
		if outcome.Reason == decide.TooLate {
			unsent = "it was not sent, and "
		}
		return doubt,
			&store.WriteError{Err: fenced(fmt.Errorf("write the outcome for conversation %s: %w; %s"+
				"the next pass will find it in doubt", c.Conversation.ID, err, unsent))}
	}
	if unfit {
		return outcome, fmt.Errorf("%w; nothing more was sent, and nothing is lost", answer.Err)
	}
	return outcome, d.note(c, outcome, intent.Attempt)
}

// fenced adds what to do about a ledger that another process has taken over. Other errors stay as they are.
func fenced(err error) error {
	if !errors.Is(err, store.ErrFenced) {
		return err
	}
	return exit.Advise(err, "nothing is lost: that process goes on from what the ledger has, and nothing more "+
		"was sent here", "troubleshooting")
}

// stamped adds the intent's id, so that the receiver's data tell which attempt arrived.
func stamped(r agentconnect.Request, intent store.Intent) agentconnect.Request {
	properties := map[string]string{"acsync_intent": intent.String()}
	maps.Copy(properties, r.CustomProperties)
	r.CustomProperties = properties
	return r
}

type keyKey struct{}

// withKey lets ctx tell a Sender about whom it is asked.
func withKey(ctx context.Context, key store.Key) context.Context {
	return context.WithValue(ctx, keyKey{}, key)
}

// KeyOf is the key of the survey request for which a Sender is asked; false where ctx is no call's of this
// package.
func KeyOf(ctx context.Context) (store.Key, bool) {
	key, ok := ctx.Value(keyKey{}).(store.Key)
	return key, ok
}

// backoff is about one second, then about two. By how much more or less depends on the key, so that requests
// that failed together are not tried again together, and a course of events can be played again.
func backoff(key store.Key, try int) time.Duration {
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%+v %d", key, try)
	base := time.Second << (try - 1)
	return base/2 + time.Duration(hash.Sum64()%uint64(base))
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
