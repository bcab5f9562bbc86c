package httpx

import (
	"context"
	"errors"
	"fmt"
)

// errCutOff is in the error of a call made once that was given up at its cut-off.
var errCutOff = errors.New("cut off")

type cutOffKey struct{}

// WithCutOff returns ctx with a second context, which ends the calls made once that have begun: ctx ends them
// only as long as nothing of them can have left this machine. What the cause of cutOff says is in the error.
func WithCutOff(ctx, cutOff context.Context) context.Context {
	return context.WithValue(ctx, cutOffKey{}, cutOff)
}

// begun returns the context of what has begun under ctx: it ends at the deadline of ctx and at the cut-off,
// and not when ctx is cancelled. Its cause is what ended it.
func begun(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	release := func() { cancel(nil) }
	if cutOff, ok := ctx.Value(cutOffKey{}).(context.Context); ok {
		stop := context.AfterFunc(cutOff, func() {
			cancel(fmt.Errorf("%w: %w", errCutOff, context.Cause(cutOff)))
		})
		release = func() { stop(); cancel(nil) }
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return lasting, release
	}
	timed, cancelTimed := context.WithDeadline(lasting, deadline)
	return timed, func() { cancelTimed(); release() }
}
