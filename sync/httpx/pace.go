package httpx

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// PacerOptions describes one limited resource.
type PacerOptions struct {
	Name      string  // such as "kustomer search", for errors
	PerMinute float64 // calls that are never exceeded in any 60 s; less than 1 counts as 1
	Reserve   float64 // share of the server's budget left to other clients, 0 to 1; see Observe
}

// Pacer holds the pace of one limited resource, for all that use it together. Calls are evenly spaced, one at a time, at
// a little less than the limit, so that no window of 60 s ever holds more than the limit allows, however the server cuts
// its windows. A nil *Pacer paces nothing. Its methods may be called concurrently.
type Pacer struct {
	name    string
	reserve float64
	turn    chan struct{} // held by the one call that may be admitted next; Go serves the others in order

	mu      sync.Mutex
	limiter *rate.Limiter
	tempo   tempo
	until   time.Time // nobody is admitted before
	why     string
	count   int
}

// NewPacer makes a pacer whose first call is admitted at once.
func NewPacer(o PacerOptions) *Pacer {
	tempo := newTempo(o.PerMinute)
	return &Pacer{
		name: o.Name, reserve: min(max(o.Reserve, 0), 1), turn: make(chan struct{}, 1),
		limiter: rate.NewLimiter(tempo.limit(time.Time{}), 1), tempo: tempo,
	}
}

// Wait returns when a call may be made, and counts it. A pause of the whole resource is waited out, by those too that
// were queued before it began. When ctx ends, or would end before the call's turn, the error wraps ctx.Err() or
// context.DeadlineExceeded, and nothing is counted.
func (p *Pacer) Wait(ctx context.Context) error { return Wait(ctx, p) }

// Count is the number of calls admitted so far.
func (p *Pacer) Count() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Paused tells until when nobody is admitted, and why; the time is zero when there is no pause.
func (p *Pacer) Paused() (until time.Time, why string) {
	if p == nil {
		return time.Time{}, ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.until.After(time.Now()) {
		return time.Time{}, ""
	}
	return p.until, p.why
}

// Observe learns from an answer of the resource.
//
// A 429 stops everybody until Retry-After, else until x-ratelimit-reset, else for 60 s, and lowers the rate, which then
// recovers by itself. Otherwise, when x-ratelimit-remaining is below the reserved share of x-ratelimit-limit, the rate
// falls in proportion until the window is reset, so that other clients of the same budget are not starved.
func (p *Pacer) Observe(status int, h http.Header) {
	if p == nil {
		return
	}
	now, server := time.Now(), serverNow(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	if status == http.StatusTooManyRequests {
		wait, why := backOff(h, server)
		p.tempo.cut(now, p.until)
		p.pause(now.Add(wait), why)
		p.tempo.settle(p.until)
		return
	}
	p.yield(now, server, h)
}

// backOff is how long a 429 stops the resource: at least a second, since a header may round down.
func backOff(h http.Header, now time.Time) (time.Duration, string) {
	if wait, ok := RetryAfter(h, now); ok {
		return max(wait, time.Second), "the server answered 429 with Retry-After"
	}
	if wait, ok := Reset(h, now); ok {
		return max(wait, time.Second), "the server answered 429 and told when its window is reset"
	}
	return time.Minute, "the server answered 429"
}

// pause stops everybody until t; a longer pause stays.
func (p *Pacer) pause(t time.Time, why string) {
	if t.After(p.until) {
		p.until, p.why = t, why
	}
}

// yield slows down while the server's budget is low.
func (p *Pacer) yield(now, server time.Time, h http.Header) {
	budget, ok1 := number(h.Get("X-Ratelimit-Limit"))
	remaining, ok2 := number(h.Get("X-Ratelimit-Remaining"))
	if !ok1 || !ok2 || budget <= 0 {
		return
	}
	kept := p.reserve * budget
	if kept <= 0 || remaining >= kept {
		p.tempo.slow(1, time.Time{})
		return
	}
	wait, told := Reset(h, server)
	if !told {
		wait = time.Minute
	}
	p.tempo.slow(max(remaining, 0)/kept, now.Add(wait))
	if told && remaining <= 0 {
		p.pause(now.Add(wait), "the server's budget is used up")
	}
}

// delay is how long nobody can be admitted yet; 0 means that a call can be admitted now. It is never longer than the
// present rate lasts, so that its reader looks again when the rate changes.
func (p *Pacer) delay(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.until.Sub(now); wait > 0 {
		return wait
	}
	limit := p.tempo.limit(now)
	if limit != p.limiter.Limit() {
		p.limiter.SetLimitAt(now, limit)
	}
	missing := 1 - p.limiter.TokensAt(now)
	wait := time.Duration(math.Ceil(missing / float64(limit) * float64(time.Second)))
	if wait <= 1 { // the rounding of a nanosecond
		return 0
	}
	if left := p.tempo.slowUntil.Sub(now); left > 0 {
		return min(wait, left)
	}
	return wait
}

// take admits a call now.
func (p *Pacer) take(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter.ReserveN(now, 1)
	p.count++
}

// wrap names the resource in the error of a wait.
func (p *Pacer) wrap(err error) error { return fmt.Errorf("waiting for a turn at %s: %w", p.name, err) }
