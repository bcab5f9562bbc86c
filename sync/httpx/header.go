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
	// MaxReset is the longest wait that an x-ratelimit-reset header can ask for: the documented windows last 60 s.
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

// RetryAfter reads the Retry-After header, seconds or an HTTP date, as the time to wait from now on: at least 0, at most
// MaxRetryAfter. It is false when the header is missing or senseless.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, ok := number(value); ok {
		return span(seconds, MaxRetryAfter), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return span(at.Sub(now).Seconds(), MaxRetryAfter), true
}

// Reset reads the x-ratelimit-reset header as the time to wait from now on: at least 0, at most MaxReset. The value may
// be an epoch in seconds (observed) or milliseconds, or a number of seconds from now: its size tells which. It is false
// when the header is missing or senseless.
func Reset(h http.Header, now time.Time) (time.Duration, bool) {
	value, ok := number(h.Get("X-Ratelimit-Reset"))
	if !ok {
		return 0, false
	}
	switch {
	case value >= 1e11: // milliseconds; in seconds this would be the year 5138
		value = value/1e3 - epoch(now)
	case value >= 1e8: // seconds; as a span this would be three years
		value -= epoch(now)
	}
	return span(value, MaxReset), true
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

// span makes seconds a duration between 0 and most.
func span(seconds float64, most time.Duration) time.Duration {
	if seconds <= 0 {
		return 0
	}
	if seconds >= most.Seconds() {
		return most
	}
	return time.Duration(seconds * float64(time.Second))
}
