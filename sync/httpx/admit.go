package httpx

import (
	"context"
	"slices"
	"time"
)

// Wait returns when a call may be made that uses several limited resources, and counts it in each. It is
// admitted to all of them at one instant: a call that was admitted to one and then waited for the next would
// be out of step with the first. Callers name the pacers in the same order everywhere, the scarcest first;
// nil ones are skipped. A pause is waited out, also by those that were queued before it began.
//
// When ctx ends, or would end before the call's turn, nothing is counted, and the error wraps ctx.Err() or
// context.DeadlineExceeded.
func Wait(ctx context.Context, pacers ...*Pacer) error {
	pacers = slices.DeleteFunc(slices.Clone(pacers), func(p *Pacer) bool { return p == nil })
	if len(pacers) == 0 {
		return ctx.Err()
	}
	began := time.Now()
	_, err := admit(ctx, pacers, 0)
	attemptOf(ctx).waited += time.Since(began)
	return err
}

// admit queues for the turn of pacers[i], waits until it is ready, and goes on to the next, holding the turn.
// At the end of the line the call is admitted to all, unless an earlier pacer was paused meanwhile: then the
// later turns are let go, so that others can use them, and it starts again.
func admit(ctx context.Context, pacers []*Pacer, i int) (bool, error) {
	if i == len(pacers) {
		return takeAll(time.Now(), pacers), nil
	}
	p := pacers[i]
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return false, p.wrap(ctx.Err())
	}
	defer func() { <-p.turn }()
	for {
		if err := p.ready(ctx); err != nil {
			return false, p.wrap(err)
		}
		if ok, err := admit(ctx, pacers, i+1); ok || err != nil || i > 0 {
			return ok, err
		}
	}
}

// takeAll admits the call to all pacers, or to none when one of them is not ready.
func takeAll(now time.Time, pacers []*Pacer) bool {
	if slices.ContainsFunc(pacers, func(p *Pacer) bool { return p.delay(now) > 0 }) {
		return false
	}
	for _, p := range pacers {
		p.take(now)
	}
	return true
}
