package sync

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

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

// tries is how often a survey request that was certainly not sent is tried within one pass.
const tries = 3

// deliverer sends survey requests. It is the only place that does.
type deliverer struct {
	journal     Journal
	sender      Sender
	fuse        *fuse
	concurrency int
	stamp       bool // write the intent's id into custom_properties.acsync_intent
}

// deliver sends a survey request for each case and tells what came of each: also of those that were not sent because the
// pass stopped, which are then scheduled. An error tells that nothing more may be sent in this pass.
func (d *deliverer) deliver(ctx context.Context, cases []Case, tell func(Case, Outcome)) error {
	group, admit := errgroup.WithContext(ctx)
	group.SetLimit(d.concurrency)
	for _, c := range cases {
		group.Go(func() error {
			outcome, err := d.one(admit, c)
			tell(c, outcome)
			return err
		})
	}
	return group.Wait()
}

// one sends one survey request, and again while it certainly was not sent.
func (d *deliverer) one(ctx context.Context, c Case) (Outcome, error) {
	outcome := Outcome{State: store.Scheduled, Reason: Stopped}
	if ctx.Err() != nil || !d.fuse.admit() {
		return outcome, nil
	}
	for try := 1; ; try++ {
		if err := d.sender.Ready(ctx); err != nil {
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

// attempt is the one road to a POST: the intent is durable before the socket is touched, and the outcome is durable
// before anything else happens. What has begun is finished even when the pass is told to stop: the sender's own
// time-out ends it.
func (d *deliverer) attempt(ctx context.Context, c Case) (Outcome, error) {
	intent, err := d.journal.Begin(c.Key, c.resolution(), time.Now())
	if err != nil {
		return Outcome{State: store.Scheduled, Reason: Stopped},
			fmt.Errorf("write the intent for conversation %s: %w; it was not sent", c.Conversation.ID, err)
	}
	request := c.Request
	if d.stamp {
		request = stamped(request, intent)
	}
	outcome := classify(d.sender.Create(context.WithoutCancel(ctx), request))
	now := time.Now()
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
			fmt.Errorf("write the outcome for conversation %s: %w; the next pass will find it in doubt", c.Conversation.ID, err)
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
