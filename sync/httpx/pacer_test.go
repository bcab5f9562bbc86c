package httpx

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// admissions collects when calls were admitted.
type admissions struct {
	mu sync.Mutex
	at []time.Time
}

func (a *admissions) add() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, time.Now())
}

// densest is the greatest number of admissions in any 60 s.
func (a *admissions) densest() int {
	slices.SortFunc(a.at, time.Time.Compare)
	most, first := 0, 0
	for last, at := range a.at {
		for at.Sub(a.at[first]) >= time.Minute {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// answer is one that a test's server gives after a call.
type answer struct {
	status int
	header http.Header
}

// drawAnswer draws what a server may say: mostly nothing of note.
func drawAnswer(rt *rapid.T) answer {
	h := http.Header{}
	switch rapid.IntRange(0, 19).Draw(rt, "kind") {
	case 0:
		return answer{429, h}
	case 1:
		h.Set("Retry-After", strconv.Itoa(rapid.IntRange(0, 30).Draw(rt, "retry-after")))
		return answer{429, h}
	case 2:
		h.Set("X-Ratelimit-Reset", strconv.Itoa(rapid.IntRange(0, 60).Draw(rt, "reset")))
		return answer{429, h}
	case 3, 4, 5:
		h.Set("X-Ratelimit-Limit", "100")
		h.Set("X-Ratelimit-Remaining", strconv.Itoa(rapid.IntRange(0, 100).Draw(rt, "remaining")))
		h.Set("X-Ratelimit-Reset", strconv.Itoa(rapid.IntRange(0, 60).Draw(rt, "reset")))
	}
	return answer{200, h}
}

// However many callers there are, however unevenly they come, and whatever the server answers: no 60 s hold more calls
// than the limit, of a resource used alone or together with another.
func TestPacerNeverExceedsLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limits := [2]int{rapid.IntRange(1, 200).Draw(rt, "scarce"), rapid.IntRange(1, 400).Draw(rt, "plenty")}
		callers := rapid.IntRange(1, 12).Draw(rt, "callers")
		calls := rapid.IntRange(1, 30).Draw(rt, "calls")
		idle := rapid.SliceOfN(rapid.IntRange(0, 20), 7, 7).Draw(rt, "idle seconds")
		answers := rapid.SliceOfN(rapid.Custom(drawAnswer), 11, 11).Draw(rt, "answers")
		var got [2]admissions
		var counts [2]int
		synctest.Test(t, func(t *testing.T) {
			scarce := NewPacer(PacerOptions{Name: "scarce", PerMinute: float64(limits[0]), Reserve: 0.3})
			plenty := NewPacer(PacerOptions{Name: "plenty", PerMinute: float64(limits[1]), Reserve: 0.3})
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() {
					for call := range calls {
						n := caller*calls + call
						time.Sleep(time.Duration(idle[n%len(idle)]) * time.Second / 4)
						used, counted := []*Pacer{plenty}, 1
						if caller%2 == 0 {
							used, counted = []*Pacer{scarce, plenty}, 2
						}
						if err := Wait(t.Context(), used...); err != nil {
							t.Error(err)
							return
						}
						got[1].add()
						if counted == 2 {
							got[0].add()
						}
						reply := answers[n%len(answers)]
						for _, p := range used {
							p.Observe(reply.status, reply.header)
						}
					}
				})
			}
			wg.Wait()
			counts = [2]int{scarce.Count(), plenty.Count()}
		})
		for i, limit := range limits {
			if n := got[i].densest(); n > limit {
				rt.Errorf("%d calls within 60 s, limit %d", n, limit)
			}
			if counts[i] != len(got[i].at) {
				rt.Errorf("counted %d calls, admitted %d", counts[i], len(got[i].at))
			}
		}
	})
}

func TestPacerUsesItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerOptions{Name: "test", PerMinute: 100})
		began := time.Now()
		for range 99 {
			if err := Wait(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > time.Minute+10*time.Millisecond {
			t.Errorf("98 intervals took %v of the bubble's time, want a minute", took)
		}
	})
}

// A 429 stops the whole class, also those that are queued already.
func TestPacerPause(t *testing.T) {
	tests := []struct {
		name   string
		header http.Header
		want   time.Duration
	}{
		{"nothing told", nil, time.Minute},
		{"retry-after", http.Header{"Retry-After": {"90"}}, 90 * time.Second},
		{"retry-after wins", http.Header{"Retry-After": {"5"}, "X-Ratelimit-Reset": {"50"}}, 5 * time.Second},
		{"reset", http.Header{"X-Ratelimit-Reset": {"20"}}, 20 * time.Second},
		{"retry-after 0 is still a second", http.Header{"Retry-After": {"0"}}, time.Second},
		{"a wrong clock here does not matter", http.Header{
			"Date":              {"Tue, 20 Oct 2026 12:00:00 GMT"},
			"X-Ratelimit-Reset": {strconv.FormatInt(noon.Unix()+33, 10)},
		}, 33 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := NewPacer(PacerOptions{Name: "test", PerMinute: 6000})
				var got admissions
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() {
						if Wait(t.Context(), p) == nil {
							got.add()
						}
					})
				}
				time.Sleep(55 * time.Millisecond)
				began, before := time.Now(), p.Count()
				p.Observe(429, tt.header)
				until, why := p.Paused()
				if wait := until.Sub(began); wait != tt.want || why == "" {
					t.Errorf("paused for %v (%q), want %v", wait, why, tt.want)
				}
				time.Sleep(tt.want - time.Millisecond)
				if p.Count() != before {
					t.Errorf("%d calls were admitted during the pause", p.Count()-before)
				}
				wg.Wait()
				if n := len(got.at); n != 20 {
					t.Errorf("%d calls were admitted in the end, want 20", n)
				}
				if until, _ := p.Paused(); !until.IsZero() {
					t.Errorf("still paused until %v", until)
				}
			})
		})
	}
}

// perMinute counts the calls that a busy caller makes in a minute.
func perMinute(t *testing.T, p *Pacer) int {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := p.Count()
	for Wait(ctx, p) == nil {
	}
	return p.Count() - before
}

func TestPacerSlowsAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerOptions{Name: "test", PerMinute: 1000})
		for range 5 { // one burst
			p.Observe(429, http.Header{"Retry-After": {"1"}})
			time.Sleep(100 * time.Millisecond)
		}
		if n := p.Limited(); n != 5 {
			t.Errorf("it counts %d answers with 429, want 5", n)
		}
		time.Sleep(time.Second)
		if n := perMinute(t, p); n < 820 || n > 840 {
			t.Errorf("%d calls in the minute after a burst of 429s, want about 980 × 0.85", n)
		}
		for range 50 { // separate ones
			p.Observe(429, http.Header{"Retry-After": {"15"}})
			time.Sleep(16 * time.Second)
		}
		if n := perMinute(t, p); n < 95 || n > 105 {
			t.Errorf("%d calls in a minute at the lowest rate, want about 98", n)
		}
		time.Sleep(time.Hour)
		if n := perMinute(t, p); n < 979 || n > 981 {
			t.Errorf("%d calls in a minute an hour later, want the full 980", n)
		}
	})
}

func TestPacerLeavesReserve(t *testing.T) {
	budget := func(remaining, reset string) http.Header {
		h := http.Header{"X-Ratelimit-Limit": {"1000"}, "X-Ratelimit-Remaining": {remaining}}
		if reset != "" {
			h.Set("X-Ratelimit-Reset", reset)
		}
		return h
	}
	tests := []struct {
		name     string
		header   http.Header
		low, top int // calls in the next minute, of 600 allowed
	}{
		{"enough", budget("400", "60"), 585, 590},
		{"half the reserve", budget("50", "60"), 290, 300},
		{"half the reserve, no reset told", budget("50", ""), 290, 300},
		{"half the reserve, reset soon", budget("50", "30"), 435, 450},
		{"next to nothing", budget("1", "60"), 55, 62},
		{"nothing, reset soon", budget("0", "30"), 290, 300},
		{"nothing, no reset told", budget("0", ""), 55, 62},
		{"senseless", http.Header{"X-Ratelimit-Limit": {"many"}}, 585, 590},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := NewPacer(PacerOptions{Name: "test", PerMinute: 600, Reserve: 0.1})
				p.Observe(200, tt.header)
				if n := perMinute(t, p); n < tt.low || n > tt.top {
					t.Errorf("%d calls in the next minute, want %d to %d", n, tt.low, tt.top)
				}
			})
		})
	}
}

func TestPacerDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerOptions{Name: "test", PerMinute: 1})
		if err := Wait(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Wait(ctx, p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want a deadline exceeded", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Wait(gone, p); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
		if n := p.Count(); n != 1 {
			t.Errorf("counted %d calls, want 1", n)
		}
	})
}

// A call that waits for a paused scarce resource does not block those that need the plentiful one alone.
func TestWaitDoesNotBlockOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scarce := NewPacer(PacerOptions{Name: "scarce", PerMinute: 60})
		plenty := NewPacer(PacerOptions{Name: "plenty", PerMinute: 600})
		scarce.Observe(429, nil)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := Wait(t.Context(), scarce, plenty); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		began := time.Now()
		for range 10 {
			if err := Wait(t.Context(), plenty); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("10 calls waited %v behind a paused resource", took)
		}
		wg.Wait()
	})
}

// TestDepartureAfterAStall lets a disk stall between the turn and the wire: however long, no minute holds more
// calls than the limit on the wire, nobody waits longer than the stall made necessary, and what comes after it
// goes at once.
func TestDepartureAfterAStall(t *testing.T) {
	for _, stall := range []time.Duration{0, time.Second, 7 * time.Second, 90 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			const limit, slots = 100, 8
			p := NewPacer(PacerOptions{Name: "t", PerMinute: limit})
			free := make(chan struct{}, slots)
			var mu sync.Mutex
			var left []time.Time
			resume := time.Now().Add(10*time.Second + stall)
			late := time.Duration(0)
			var group sync.WaitGroup
			for range 300 {
				free <- struct{}{}
				if err := Wait(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				group.Go(func() {
					defer func() { <-free }()
					// The stalled ones are done together.
					if now := time.Now(); stall > 0 && !now.Before(resume.Add(-stall)) && now.Before(resume) {
						time.Sleep(resume.Sub(now))
					}
					ready := time.Now()
					if err := p.Depart(t.Context()); err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					left = append(left, time.Now())
					if ready.After(resume.Add(time.Minute)) {
						late = max(late, time.Since(ready))
					}
				})
			}
			group.Wait()
			slices.SortFunc(left, time.Time.Compare)
			for i := range left {
				if i >= limit && left[i].Sub(left[i-limit]) < time.Minute {
					t.Errorf("stall of %s: %d left within %s", stall, limit+1, left[i].Sub(left[i-limit]))
				}
			}
			if late > 0 {
				t.Errorf("stall of %s: a minute later calls still wait for %s on their way", stall, late)
			}
		})
	}
}

func TestNilPacer(t *testing.T) {
	var p *Pacer
	p.Observe(429, nil)
	if until, _ := p.Paused(); !until.IsZero() || p.Count() != 0 || Wait(t.Context(), p) != nil {
		t.Error("a nil pacer paces")
	}
}

// TestWaiting asks a pacer while nobody waits, while one does, and after a 429 has lowered its rate.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPacer(PacerOptions{Name: "Agent Connect", PerMinute: 100})
		if waiting, rate := p.Waiting(); waiting || rate != 100 {
			t.Errorf("at first: %v, %d a minute", waiting, rate)
		}
		done := make(chan error)
		for range 2 { // the second has to wait
			go func() { done <- Wait(t.Context(), p) }()
		}
		<-done
		synctest.Wait()
		if waiting, rate := p.Waiting(); !waiting || rate != 100 {
			t.Errorf("with one in the queue: %v, %d a minute", waiting, rate)
		}
		<-done
		p.Observe(http.StatusTooManyRequests, http.Header{"Retry-After": {"10"}})
		time.Sleep(11 * time.Second)
		if waiting, rate := p.Waiting(); waiting || rate != 85 {
			t.Errorf("after a 429: %v, %d a minute", waiting, rate)
		}
	})
	if waiting, rate := (*Pacer)(nil).Waiting(); waiting || rate != 0 {
		t.Error("no pacer, and yet somebody waits")
	}
}

func BenchmarkPacer(b *testing.B) {
	p := NewPacer(PacerOptions{Name: "test", PerMinute: 1e12})
	for b.Loop() {
		_ = Wait(b.Context(), p)
	}
}
