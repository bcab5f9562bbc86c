package httpx

import (
	"context"
	"time"
)

// attempt is what the log tells of an attempt at a call beside what became of it.
type attempt struct {
	number int
	waited time.Duration // for its turn at the pacers
}

type attemptKey struct{}

// WithAttempt lets ctx count, for the log of the service, how long an attempt waits for its turn. Fetch does
// so by itself; it is for callers that wait and call apart. Numbers begin with 1.
func WithAttempt(ctx context.Context, number int) context.Context {
	return context.WithValue(ctx, attemptKey{}, &attempt{number: number})
}

func attemptOf(ctx context.Context) *attempt {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a
	}
	return &attempt{number: 1}
}
