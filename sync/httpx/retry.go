package httpx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Retry says how often and how long a read is tried. The zero value works.
type Retry struct {
	Tries   int           // at most so many attempts; 0 means 5
	Initial time.Duration // about the first wait; 0 means 500 ms. Every further one is about twice as long
	Most    time.Duration // about the longest wait; 0 means 30 s
	// Failures are the attempts, at most, that fail as [Error.OfRequest] tells: for a request that can be
	// cut into smaller ones instead. 0 means Tries.
	Failures int
	Elapsed  time.Duration // no new attempt after so long, pauses of a pacer included; 0 means 15 min
	// Paced says that the operation waits for a Pacer that is told of its answers. The pause after a 429 is
	// then the pacer's alone, and not waited twice. Fetch sets it.
	Paced bool
	// Notify, when set, is told of every failure that is tried again, and of the wait before that.
	Notify func(err error, wait time.Duration)

	what string // is tried; it spreads the waits. Fetch sets it
}

// unreadableTries bounds the attempts that bring something unreadable: a cut-off body passes, a wrong host
// does not.
const unreadableTries = 3

// Fetch makes a call that may be repeated, and decodes its answer: each attempt waits for its turn at the
// call's pacers, and is tried again as Read says, also for what decode finds Unreadable.
func Fetch[T any](
	ctx context.Context, s *Service, r Retry, c Call, decode func(*Response) (T, error),
) (T, error) {
	r.Paced = slices.ContainsFunc(c.Paced, func(p *Pacer) bool { return p != nil })
	r.what = strings.Join([]string{s.base.String(), c.Path, c.Query, string(c.Body)}, " ")
	number := 0
	return Read(ctx, r, func(ctx context.Context) (T, error) {
		var none T
		number++
		ctx = WithAttempt(ctx, number)
		if err := Wait(ctx, c.Paced...); err != nil {
			return none, err
		}
		resp, err := s.Do(ctx, c)
		if err != nil {
			return none, err
		}
		return decode(resp)
	})
}

// Read runs op until it succeeds, fails in a way that lasts, or has been tried often enough. It is for
// operations that may be repeated: reads, a search included, never a send. Tried again are errors of the
// kinds Limited, Server and Network, a few times Unreadable, and Credentials after another clock. The error
// is that of the last attempt; when ctx ends between two attempts, it is both.
func Read[T any](ctx context.Context, r Retry, op func(context.Context) (T, error)) (T, error) {
	p := newRetryPolicy(r)
	var last error
	value, err := backoff.Retry(ctx, func() (T, error) {
		v, err := op(ctx)
		last = err
		if err != nil && !p.again(err) {
			return v, backoff.Permanent(err)
		}
		return v, err
	},
		backoff.WithBackOff(p),
		backoff.WithMaxTries(uint(max(cmp.Or(r.Tries, 5), 1))),
		backoff.WithMaxElapsedTime(cmp.Or(r.Elapsed, 15*time.Minute)),
		backoff.WithNotify(r.Notify))
	if err == nil {
		return value, nil
	}
	if ended := ctx.Err(); ended != nil && !errors.Is(last, ended) {
		return value, fmt.Errorf("%w before another attempt; the last one ended with: %w", ended, last)
	}
	return value, last
}

// retryPolicy decides whether there is another attempt, and when.
type retryPolicy struct {
	*backoff.ExponentialBackOff
	what       string
	waits      int // so far
	paced      bool
	failures   int // that are left of Retry.Failures
	unreadable int
	limited    bool          // the last attempt's answer was a 429
	atLeast    time.Duration // what the server asked for
}

func newRetryPolicy(r Retry) *retryPolicy {
	failures := cmp.Or(r.Failures, math.MaxInt)
	steps := &backoff.ExponentialBackOff{
		InitialInterval: cmp.Or(r.Initial, 500*time.Millisecond), MaxInterval: cmp.Or(r.Most, 30*time.Second),
		Multiplier: 2, // the policy itself spreads them
	}
	return &retryPolicy{what: r.what, paced: r.Paced, failures: failures, ExponentialBackOff: steps}
}

// spread makes a wait up to a half shorter or longer. By how much depends on what is tried, and how often it
// was, so that calls that failed together are not made again together, and a course of events can be played
// again.
func (p *retryPolicy) spread(wait time.Duration) time.Duration {
	p.waits++
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s %d", p.what, p.waits)
	return wait/2 + time.Duration(hash.Sum64()%uint64(max(wait, 1)))
}

// again reports whether an attempt that ended with err is worth repeating.
func (p *retryPolicy) again(err error) bool {
	p.limited, p.atLeast = false, 0
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	p.limited, p.atLeast = e.Kind == Limited, e.RetryAfter
	if e.OfRequest() {
		if p.failures--; p.failures <= 0 {
			return false
		}
	}
	switch e.Kind {
	case Limited, Server, Network:
		return true
	case Credentials:
		return e.OtherClock
	case Unreadable:
		p.unreadable++
		return p.unreadable < unreadableTries
	default:
		return false
	}
}

// NextBackOff returns the wait before the next attempt.
func (p *retryPolicy) NextBackOff() time.Duration {
	next := p.spread(p.ExponentialBackOff.NextBackOff())
	if p.limited && p.paced {
		return 0
	}
	return max(next, p.atLeast)
}
