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

// quota is what a limiter said of one request.
type quota struct {
	ok               bool
	limit, remaining int
	reset            time.Time // the end of the window
}

// header is what every answer of Kustomer says of its limit; the reset is in epoch seconds (observed).
func (q quota) header() http.Header {
	h := http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(q.reset.Unix(), 10)}}
	if q.limit > 0 {
		h.Set("X-Ratelimit-Limit", strconv.Itoa(q.limit))
		h.Set("X-Ratelimit-Remaining", strconv.Itoa(q.remaining))
	}
	return h
}
