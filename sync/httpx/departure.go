package httpx

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"time"
)

// ErrTooLate is in the error of a call made once of which nothing was written, because the time in which it
// might be sent was over; see [WithLatest].
var ErrTooLate = errors.New("the time in which it might be sent was over, and nothing of it was sent")

type latestKey struct{}

// WithLatest returns ctx for calls made once of which nothing may leave any more once late reports so. It is
// asked before a connection is made, and again when that is made and secured, right before the first byte is
// written: until then a machine can stand still, or a server take its time, for as long as it likes. It gets
// the time by both clocks of this machine.
func WithLatest(ctx context.Context, late func(now time.Time) bool) context.Context {
	return context.WithValue(ctx, latestKey{}, late)
}

// mayDepart returns why nothing of the call may be written; nil when it may be.
func mayDepart(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if late, ok := ctx.Value(latestKey{}).(func(time.Time) bool); ok && late(time.Now()) {
		return ErrTooLate
	}
	return nil
}

// departs tells the trace of ctx that a request is about to be written to a connection.
func departs(ctx context.Context, conn net.Conn) {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
}
