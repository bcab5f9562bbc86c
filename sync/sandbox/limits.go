package sandbox

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limiter counts requests in fixed windows of a minute, beginning with the minute.
type limiter struct {
	perMinute int

	mu     sync.Mutex
	window time.Time
	used   int
}

// quota is what a limiter said of one request.
type quota struct {
	ok               bool
	limit, remaining int
	reset            time.Time // the end of the window
}

// take counts one request, unless the window is full.
func (l *limiter) take(now time.Time) quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := now.Truncate(time.Minute); !w.Equal(l.window) {
		l.window, l.used = w, 0
	}
	left := l.perMinute - l.used
	q := quota{ok: left > 0, limit: l.perMinute, remaining: max(0, left-1), reset: l.window.Add(time.Minute)}
	if q.ok {
		l.used++
	}
	return q
}

// LimitHeader is how a 429, and for Kustomer every answer, tells when to come back.
type LimitHeader string

// The forms in which services tell it. Kustomer's is x-ratelimit-reset in epoch seconds (observed); none is known of
// Agent Connect.
const (
	LimitDefault      LimitHeader = ""              // reset-seconds for Kustomer, none for Agent Connect
	LimitNone         LimitHeader = "none"          // no header at all
	ResetSeconds      LimitHeader = "reset-seconds" // x-ratelimit-reset: epoch seconds
	ResetMillis       LimitHeader = "reset-millis"  // x-ratelimit-reset: epoch milliseconds
	ResetDelta        LimitHeader = "reset-delta"   // x-ratelimit-reset: seconds from now
	RetryAfterSeconds LimitHeader = "retry-after-seconds"
	RetryAfterDate    LimitHeader = "retry-after-date"
)

// headers are those of an answer under a quota.
func (form LimitHeader) headers(q quota, now time.Time) http.Header {
	h := http.Header{}
	if q.reset.IsZero() { // nothing limits this call
		return h
	}
	left := int64((q.reset.Sub(now) + time.Second - 1) / time.Second)
	switch form {
	case ResetSeconds:
		h.Set("X-Ratelimit-Reset", strconv.FormatInt(q.reset.Unix(), 10))
	case ResetMillis:
		h.Set("X-Ratelimit-Reset", strconv.FormatInt(q.reset.UnixMilli(), 10))
	case ResetDelta:
		h.Set("X-Ratelimit-Reset", strconv.FormatInt(left, 10))
	case RetryAfterSeconds:
		if !q.ok {
			h.Set("Retry-After", strconv.FormatInt(left, 10))
		}
	case RetryAfterDate:
		if !q.ok {
			h.Set("Retry-After", q.reset.UTC().Format(http.TimeFormat))
		}
	case LimitDefault, LimitNone:
		return h
	}
	if q.limit > 0 {
		h.Set("X-Ratelimit-Limit", strconv.Itoa(q.limit))
		h.Set("X-Ratelimit-Remaining", strconv.Itoa(q.remaining))
	}
	return h
}
