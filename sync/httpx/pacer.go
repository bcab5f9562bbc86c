package httpx

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"
)

// PacerOptions describes one limited resource.
type PacerOptions struct {
	Name      string  // such as "kustomer search", for errors
	Class     string  // such as "kustomer_search", for the log of calls
	PerMinute float64 // calls that are never exceeded in any 60 s; less than 1 counts as 1
	Reserve   float64 // share of the server's budget left to other clients, 0 to 1; see Observe
}

// Pacer holds the pace of one limited resource, for all that use it together. Calls are evenly spaced, at a
// little less than the limit, so that no window of 60 s ever holds more than the limit allows, however the
// server cuts its windows. What wakes late is made good by shorter gaps, as far as that allows: see
// [schedule]. It goes by the monotonic clock, so that no step of the other moves it. A nil *Pacer paces
// nothing. Its methods may be called concurrently. Wait admits a call.
type Pacer struct {
	name    string
	class   string
	reserve float64
	// held by the one call that may be admitted next; Go serves the others in order
	turn  chan struct{}
	after func(time.Duration) <-chan time.Time // time.After, which may be late

	mu         sync.Mutex
	rate       adaptiveRate
	admissions schedule
	departures schedule
	until      time.Time // nobody is admitted before
	why        string
	count      int
	told       int // answers that were 429
}

// NewPacer makes a pacer whose first call is admitted at once.
func NewPacer(o PacerOptions) *Pacer {
	return &Pacer{
		name: o.Name, class: o.Class, reserve: min(max(o.Reserve, 0), 1), turn: make(chan struct{}, 1),
		after: time.After, rate: newAdaptiveRate(o.PerMinute),
		admissions: schedule{tolerance: lateAdmission}, departures: schedule{tolerance: lateDeparture},
	}
}

// Count returns the number of calls admitted so far.
func (p *Pacer) Count() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Limited returns how often the resource has answered 429 so far.
func (p *Pacer) Limited() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

// Paused returns until when nobody is admitted, and why; the time is zero when there is no pause.
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

// Waiting reports whether a call waits for its turn, and how many calls a minute the resource takes now: its
// limit, or less after a 429 or while little is left of the server's budget.
func (p *Pacer) Waiting() (waiting bool, perMinute int) {
	if p == nil {
		return false, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.turn) > 0, int(math.Round(p.rate.at(time.Now()) * 60 / (1 - margin)))
}

// Observe learns from an answer of the resource.
//
// A 429 stops everybody until Retry-After, else until x-ratelimit-reset, else for 60 s, and lowers the rate,
// which then recovers by itself. Otherwise, when x-ratelimit-remaining is below the reserved share of
// x-ratelimit-limit, the rate falls in proportion until the window is reset, so that other clients of the
// same budget are not starved.
func (p *Pacer) Observe(status int, h http.Header) {
	if p == nil {
		return
	}
	now, server := time.Now(), serverNow(h)
	p.mu.Lock()
	defer p.mu.Unlock()
	if status == http.StatusTooManyRequests {
		p.told++
		wait, why := backOff(h, server)
		p.rate.cut(now, p.until)
		p.pause(now.Add(wait), why)
		p.rate.recovered = p.until
		return
	}
	p.observeBudget(now, server, h)
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

// observeBudget slows down while the server's budget is low.
func (p *Pacer) observeBudget(now, server time.Time, h http.Header) {
	budget, ok1 := number(h.Get("X-Ratelimit-Limit"))
	remaining, ok2 := number(h.Get("X-Ratelimit-Remaining"))
	if !ok1 || !ok2 || budget <= 0 {
		return
	}
	kept := p.reserve * budget
	if kept <= 0 || remaining >= kept {
		p.rate.slowed, p.rate.slowUntil = 1, time.Time{}
		return
	}
	wait, told := Reset(h, server)
	if !told {
		wait = time.Minute
	}
	p.rate.slowed, p.rate.slowUntil = max(remaining, 0)/kept, now.Add(wait)
	if told && remaining <= 0 {
		p.pause(now.Add(wait), "the server's budget is used up")
	}
}

// ready waits until a call could be admitted. The caller holds the turn.
func (p *Pacer) ready(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		wait := p.delay(now)
		if wait <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && now.Add(wait).After(deadline) {
			return context.DeadlineExceeded
		}
		select {
		case <-p.after(wait):
		case <-ctx.Done():
		}
	}
}

// delay is how long nobody can be admitted yet; not above 0 it means that a call can be admitted now. It is
// never longer than the present rate lasts: its caller asks again when the rate changes.
func (p *Pacer) delay(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.until.Sub(now); wait > 0 {
		return wait
	}
	wait := p.admissions.last.Add(p.interval(now)).Sub(now)
	if left := p.rate.slowUntil.Sub(now); left > 0 {
		return min(wait, left)
	}
	return wait
}

// Depart returns when a call that was admitted may leave this machine. That is at once, unless what had to be
// done in between took so long that others leave just now: behind a disk that stalls many calls would leave
// together, and be more than the limit allows. Who is admitted next waits for those. It is for calls that do
// something between Wait and the wire.
func (p *Pacer) Depart(ctx context.Context) error {
	if p == nil {
		return ctx.Err()
	}
	began := time.Now()
	defer func() { attemptOf(ctx).waited += time.Since(began) }()
	for {
		now := time.Now()
		due := p.leave(now)
		if !due.After(now) {
			return nil
		}
		select {
		case <-p.after(due.Sub(now)):
		case <-ctx.Done():
			return p.wrap(ctx.Err())
		}
		// A process that was stopped wakes many at once.
		if !p.departures.missed(due, time.Now()) {
			return nil
		}
	}
}

// leave returns when a call that asks now is due to depart.
func (p *Pacer) leave(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.departures.take(now, time.Time{}, p.interval(now))
	if due.After(now) {
		p.admissions.hold(due)
	}
	return due
}

// interval is the time between two calls. The caller holds mu.
func (p *Pacer) interval(now time.Time) time.Duration {
	return time.Duration(math.Ceil(float64(time.Second) / p.rate.at(now)))
}

// take admits a call now.
func (p *Pacer) take(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admissions.take(now, p.until, p.interval(now))
	p.count++
}

// wrap names the resource in the error of a wait.
func (p *Pacer) wrap(err error) error { return fmt.Errorf("waiting for a turn at %s: %w", p.name, err) }
