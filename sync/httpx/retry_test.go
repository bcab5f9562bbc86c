package httpx

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestRead(t *testing.T) {
	fail := func(k Kind) error { return &Error{Service: "test", Kind: k} }
	tests := []struct {
		name  string
		err   error
		tries int
	}{
		{"limited", fail(Limited), 5},
		{"server", fail(Server), 5},
		{"network", fail(Network), 5},
		{"unreadable", fail(Unreadable), 3},
		{"credentials", fail(Credentials), 1},
		{"invalid", fail(Invalid), 1},
		{"not found", fail(NotFound), 1},
		{"redirected", fail(Redirected), 1},
		{"too large", fail(TooLarge), 1},
		{"stopped", fail(Stopped), 1},
		{"set-up", fail(Setup), 1},
		{"foreign", errors.New("x"), 1},
		{"succeeds", nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				_, err := Read(t.Context(), Retry{}, func(context.Context) (int, error) {
					tries++
					return 0, tt.err
				})
				if tries != tt.tries || err != tt.err {
					t.Errorf("%d tries ended with %v; want %d with %v", tries, err, tt.tries, tt.err)
				}
			})
		})
	}
}

// A request that can be cut is not tried for long when the failure may be its own. A full budget and a service that
// cannot be reached say nothing about it, and are waited out as ever.
func TestFewFailures(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for name, test := range map[string]struct {
		err   *Error
		tries int
	}{
		"a gateway gives up":   {&Error{Kind: Server, Status: 504}, 2},
		"too slow a request":   {&Error{Kind: Server, Status: 408}, 2},
		"time-out":             {&Error{Kind: Network, Err: context.DeadlineExceeded}, 2},
		"reset in the body":    {&Error{Kind: Network, Status: 200, Err: &net.OpError{Op: "read", Err: errors.New("reset")}}, 2},
		"cut off":              {&Error{Kind: Unreadable, Status: 200}, 2},
		"too large":            {&Error{Kind: TooLarge, Status: 200}, 1},
		"connection refused":   {&Error{Kind: Network, Err: dial}, 5},
		"proxy does not serve": {&Error{Kind: Network, Err: &net.OpError{Op: "proxyconnect", Err: dial}}, 5},
		"no such host":         {&Error{Kind: Network, Err: &net.DNSError{}}, 5},
		"limited":              {&Error{Kind: Limited, Status: 429}, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			_, err := Read(t.Context(), Retry{Failures: 2}, func(context.Context) (int, error) {
				tries++
				return 0, test.err
			})
			if tries != test.tries || err != error(test.err) || test.err.OfRequest() != (tries < 5) {
				t.Errorf("%s: %d tries ended with %v; want %d", name, tries, err, test.tries)
			}
		})
	}
}

// The pause after a 429 is waited once: by the pacer where there is one, else by the retry.
func TestReadWaits(t *testing.T) {
	tests := []struct {
		name     string
		retry    Retry
		err      *Error
		low, top time.Duration
	}{
		{"limited, paced", Retry{Paced: true}, &Error{Kind: Limited, RetryAfter: 20 * time.Second}, 0, 0},
		{"limited, not paced", Retry{}, &Error{Kind: Limited, RetryAfter: 20 * time.Second}, 20 * time.Second, 21 * time.Second},
		{"server that asks for time", Retry{Paced: true}, &Error{Kind: Server, RetryAfter: 7 * time.Second}, 7 * time.Second, 8 * time.Second},
		{"server", Retry{}, &Error{Kind: Server}, 250 * time.Millisecond, 750 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, told := time.Now(), time.Duration(-1)
				tt.retry.Notify = func(_ error, wait time.Duration) { told = wait }
				first := true
				got, err := Read(t.Context(), tt.retry, func(context.Context) (int, error) {
					if first {
						first = false
						return 0, tt.err
					}
					return 42, nil
				})
				if got != 42 || err != nil {
					t.Fatalf("got %d, %v", got, err)
				}
				if took := time.Since(began); took < tt.low || took > tt.top || told != took {
					t.Errorf("waited %v of the bubble's time, told %v; want %v to %v", took, told, tt.low, tt.top)
				}
			})
		})
	}
}

// A context that ends between two attempts does not hide why there was to be another.
func TestReadKeepsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := Read(ctx, Retry{Initial: time.Minute, Most: time.Minute}, func(context.Context) (int, error) {
			return 0, &Error{Service: "test", Kind: Server, Status: 503}
		})
		if e, ok := errors.AsType[*Error](err); !ok || e.Status != 503 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the 503 and the deadline", err)
		}
	})
}

func TestReadGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := Read(t.Context(), Retry{Tries: 1000, Elapsed: time.Minute}, func(context.Context) (int, error) {
			return 0, &Error{Kind: Server}
		})
		if took := time.Since(began); err == nil || took > time.Minute {
			t.Errorf("tried for %v of the bubble's time, %v", took, err)
		}
	})
}
