package httpx

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// machine is one whose sleepers wake late, and whose processes stand still at times.
type machine struct {
	mu     sync.Mutex
	random *rand.Rand
	late   time.Duration // a sleeper wakes late by up to that
	stops  []stop
}

// stop is a time in which nothing runs.
type stop struct{ from, to time.Time }

func newMachine(seed uint64, late time.Duration) *machine {
	return &machine{random: rand.New(rand.NewPCG(seed, 1)), late: late}
}

func (m *machine) paces(pacers ...*Pacer) {
	for _, p := range pacers {
		p.after = m.after
	}
}

// standsStill lets nothing run for a while, some time from now.
func (m *machine) standsStill(in, length time.Duration) {
	from := time.Now().Add(in)
	m.stops = append(m.stops, stop{from, from.Add(length)})
}

func (m *machine) after(d time.Duration) <-chan time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	wakes := now.Add(d + time.Duration(m.random.Int64N(int64(m.late)+1)))
	for _, s := range m.stops {
		if !wakes.Before(s.from) && wakes.Before(s.to) {
			wakes = s.to
		}
	}
	return time.After(wakes.Sub(now))
}

func (m *machine) sleep(d time.Duration) { <-m.after(d) }

// TestLateWakesAreMadeGood lets every sleeper wake late, by up to what the schedule bears: 98 % of the limit are used all
// the same, when calls are admitted and when they depart, and no minute holds more than the limit.
func TestLateWakesAreMadeGood(t *testing.T) {
	const stretch = 2 * time.Minute
	for _, test := range []struct {
		limit     int
		late      time.Duration
		departing bool
	}{
		{100, lateAdmission, false},
		{1_000, lateAdmission, false},
		{1_000, 5 * time.Millisecond, true},
		{6_000, 5 * time.Millisecond, false},
		{30_000, lateAdmission, false},
		{30_000, time.Millisecond, true},
		{100_000, time.Millisecond, false},
	} {
		var got admissions
		synctest.Test(t, func(t *testing.T) {
			p, m := NewPacer(PacerOptions{Name: "test", PerMinute: float64(test.limit)}), newMachine(1, test.late)
			m.paces(p)
			ctx, cancel := context.WithTimeout(t.Context(), stretch)
			defer cancel()
			var callers sync.WaitGroup
			for range 32 {
				callers.Go(func() {
					// The bound ends a pacer that holds nobody.
					for p.Count() < 3*test.limit && Wait(ctx, p) == nil {
						if test.departing {
							m.sleep(20 * time.Millisecond)
							_ = p.Depart(t.Context())
						}
						got.add()
					}
				})
			}
			callers.Wait()
		})
		densest, share := got.densest(), used(got.at, test.limit)
		t.Logf("%+v: %.2f %% of the limit, %d in the densest minute", test, 100*share, densest)
		if densest > test.limit || share < 0.979 {
			t.Errorf("%+v: %d calls in a minute, and %.2f %% of the limit", test, densest, 100*share)
		}
	}
}

// TestNothingIsSavedUp holds how many calls there are at one instant after hours in which nobody asked, in which the
// machine stood still, or after a pause, which nobody makes good.
func TestNothingIsSavedUp(t *testing.T) {
	const limit = 6000 // an interval is 10.2 ms
	for _, test := range []struct {
		name  string
		spend func(*machine, *Pacer)
		most  int // at one instant
	}{
		{"at the beginning", func(*machine, *Pacer) {}, 5},
		{"nobody asked", func(*machine, *Pacer) { time.Sleep(3 * time.Hour) }, 5},
		{"it stood still", func(m *machine, _ *Pacer) { m.standsStill(5*time.Millisecond, 3*time.Hour) }, 5},
		{"a pause", func(_ *machine, p *Pacer) { p.Observe(429, http.Header{"Retry-After": {"60"}}) }, 1},
		{"a pause that is long over", func(_ *machine, p *Pacer) {
			p.Observe(429, http.Header{"Retry-After": {"60"}})
			time.Sleep(3 * time.Hour)
		}, 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			p, m := NewPacer(PacerOptions{Name: "test", PerMinute: limit}), newMachine(1, 0)
			m.paces(p)
			for test.name != "at the beginning" && p.Count() < limit {
				if err := Wait(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
			test.spend(m, p)
			var got admissions
			for range 100 {
				if err := Wait(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				got.add()
			}
			most, from := 0, 0
			for i, at := range got.at {
				if !at.Equal(got.at[from]) {
					from = i
				}
				most = max(most, i-from+1)
			}
			if most > test.most {
				t.Errorf("%s: %d calls at one instant, want at most %d", test.name, most, test.most)
			}
		})
	}
}

// TestStoppedOnTheirWay stops the process while calls that a disk has held up wait to depart: they wake together, and
// leave one by one.
func TestStoppedOnTheirWay(t *testing.T) {
	const limit, slots = 100, 16
	synctest.Test(t, func(t *testing.T) {
		p, m := NewPacer(PacerOptions{Name: "test", PerMinute: limit}), newMachine(1, 0)
		m.paces(p)
		began := time.Now()
		m.standsStill(22*time.Second, 90*time.Second)
		var got admissions
		var callers sync.WaitGroup
		for range slots {
			callers.Go(func() {
				for time.Since(began) < 5*time.Minute {
					if err := Wait(t.Context(), p); err != nil {
						t.Error(err)
						return
					}
					if at := time.Since(began); at > 10*time.Second && at < 20*time.Second {
						m.sleep(20*time.Second - at)
					}
					if err := p.Depart(t.Context()); err != nil {
						t.Error(err)
					}
					got.add()
				}
			})
		}
		callers.Wait()
		if n := got.densest(); n > limit {
			t.Errorf("%d calls departed within 60 s, limit %d", n, limit)
		}
	})
}

// TestNobodyIsAdmittedInAPause pauses one resource while a call waits for the other: it is admitted to neither.
func TestNobodyIsAdmittedInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scarce := NewPacer(PacerOptions{Name: "scarce", PerMinute: 60})
		plenty := NewPacer(PacerOptions{Name: "plenty", PerMinute: 600})
		plenty.Observe(429, http.Header{"Retry-After": {"10"}})
		began := time.Now()
		time.AfterFunc(5*time.Second, func() { scarce.Observe(429, http.Header{"Retry-After": {"30"}}) })
		if err := Wait(t.Context(), scarce, plenty); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 35*time.Second {
			t.Errorf("admitted after %v, while one of the two was paused", waited)
		}
	})
}

// TestPacerLaw holds the law of the pacer whatever happens: late sleepers, a process that is stopped, slow disks and slow
// callers, pauses, budgets that run low, and two resources at once.
func TestPacerLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limits := [2]int{rapid.IntRange(5, 60).Draw(rt, "scarce"), rapid.IntRange(5, 90).Draw(rt, "plenty")}
		callers := rapid.IntRange(1, 16).Draw(rt, "callers")
		calls := rapid.IntRange(1, 3).Draw(rt, "minutes") * limits[1] / callers
		late := rapid.SampledFrom([]time.Duration{0, time.Millisecond, lateAdmission, time.Second}).Draw(rt, "late")
		disk := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{
			0, time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second,
		}), 5, 5).Draw(rt, "disk")
		idle := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{
			0, 0, 0, time.Millisecond, time.Second, time.Minute,
		}), 7, 7).Draw(rt, "idle")
		answers := rapid.SliceOfN(rapid.Custom(drawAnswer), 11, 11).Draw(rt, "answers")
		quiet := rapid.Bool().Draw(rt, "answers say nothing")
		stops := rapid.SliceOfN(rapid.IntRange(0, 90), 0, 3).Draw(rt, "stops")
		seed := rapid.Uint64().Draw(rt, "seed")
		var admitted, departed [2]admissions
		synctest.Test(t, func(t *testing.T) {
			m := newMachine(seed, late)
			for i, length := range stops {
				m.standsStill(time.Duration(i+1)*45*time.Second, time.Duration(length)*time.Second)
			}
			var pacers [2]*Pacer
			for i, limit := range limits {
				pacers[i] = NewPacer(PacerOptions{Name: "test", PerMinute: float64(limit), Reserve: 0.3})
			}
			m.paces(pacers[:]...)
			var group sync.WaitGroup
			for caller := range callers {
				group.Go(func() {
					for call := range calls {
						n := caller*calls + call
						m.sleep(idle[n%len(idle)])
						first := caller % 2 // the others use the second alone
						if err := Wait(t.Context(), pacers[first:]...); err != nil {
							t.Error(err)
							return
						}
						for i := first; i < len(pacers); i++ {
							admitted[i].add()
						}
						m.sleep(disk[n%len(disk)])
						if err := pacers[1].Depart(t.Context()); err != nil {
							t.Error(err)
						}
						departed[1].add()
						if reply := answers[n%len(answers)]; !quiet {
							for _, p := range pacers[first:] {
								p.Observe(reply.status, reply.header)
							}
						}
					}
				})
			}
			group.Wait()
		})
		for i, limit := range limits {
			if n := max(admitted[i].densest(), departed[i].densest()); n > limit {
				rt.Errorf("%d calls within 60 s, limit %d", n, limit)
			}
		}
	})
}

// TestRateIsUsedByAll draws how late sleepers wake, how long the disk takes, and how many callers share two resources:
// the scarcer is used to its rate.
func TestRateIsUsedByAll(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(100, 2000).Draw(rt, "limit")
		callers := rapid.IntRange(1, 8).Draw(rt, "callers")
		late := time.Duration(rapid.IntRange(0, int(lateAdmission)).Draw(rt, "late"))
		seed := rapid.Uint64().Draw(rt, "seed")
		var got admissions
		synctest.Test(t, func(t *testing.T) {
			plenty := NewPacer(PacerOptions{Name: "plenty", PerMinute: float64(limit) * 1.3})
			scarce := NewPacer(PacerOptions{Name: "scarce", PerMinute: float64(limit)})
			newMachine(seed, late).paces(scarce, plenty)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			var group sync.WaitGroup
			for range callers {
				group.Go(func() {
					for Wait(ctx, scarce, plenty) == nil {
						got.add()
					}
				})
			}
			group.Wait()
		})
		slices.SortFunc(got.at, time.Time.Compare)
		if share := used(got.at, limit); share < 0.979 || got.densest() > limit {
			rt.Errorf("%.2f %% of the limit was used, %d calls in a minute of %d", 100*share, got.densest(), limit)
		}
	})
}

// TestDepartsAtOnceAfterIdleness lets nobody wait who comes long after the call before, by a clock that goes on.
func TestDepartsAtOnceAfterIdleness(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// The next one would be due a minute later.
	if err := NewPacer(PacerOptions{Name: "t", PerMinute: 1}).Depart(ctx); err != nil {
		t.Error(err)
	}
}
