package httpx

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxRetryAfter is the longest wait that a Retry-After header can ask for.
	MaxRetryAfter = 10 * time.Minute
	// MaxReset is the longest wait that an x-ratelimit-reset header can ask for: the documented windows last
	// 60 s.
	MaxReset = 120 * time.Second
)

// ServerTime is the server's clock as the Date header tells it, in UTC; zero when it tells none.
func ServerTime(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// RetryAfter reads the Retry-After header, seconds or an HTTP date, as the time to wait from now on: at least
// 0, at most MaxRetryAfter. It reports false when the header is missing or senseless.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, ok := number(value); ok {
		return clamp(seconds, MaxRetryAfter), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return clamp(at.Sub(now).Seconds(), MaxRetryAfter), true
}

// Reset reads the x-ratelimit-reset header as the time to wait from now on: at least 0, at most MaxReset. The
// value may be an epoch in seconds (observed) or milliseconds, or a number of seconds from now: its size
// tells which. It reports false when the header is missing or senseless.
func Reset(h http.Header, now time.Time) (time.Duration, bool) {
	value, ok := number(h.Get("X-Ratelimit-Reset"))
	if !ok {
		return 0, false
	}
	switch {
	// Milliseconds: in seconds this would be the year 5138.
	case value >= 1e11:
		value = value/1e3 - epoch(now)
	// Seconds: as a wait this would be three years.
	case value >= 1e8:
		value -= epoch(now)
	}
	return clamp(value, MaxReset), true
}

// serverNow is the clock that times in h are measured by: the server's own where it tells it.
func serverNow(h http.Header) time.Time {
	if at := ServerTime(h); !at.IsZero() {
		return at
	}
	return time.Now()
}

// number reads a decimal number, and refuses the NaN and infinities that strconv would take.
func number(text string) (float64, bool) {
	value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, false
	}
	return value, true
}

// epoch is t in seconds since 1970.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }

// clamp makes seconds a duration between 0 and most.
func clamp(seconds float64, most time.Duration) time.Duration {
	if seconds <= 0 {
		return 0
	}
	if seconds >= most.Seconds() {
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}
