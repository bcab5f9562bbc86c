package httpx

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

// BenchmarkPacerShare measures, in real time, which share of the limit is used by those who always have a call to
// make, when they are admitted and when they depart behind a commit to a disk; and how many calls come so soon that 60
// such seconds would hold more than the limit.
func BenchmarkPacerShare(b *testing.B) {
	for _, limit := range []int{100, 1_000, 6_000, 30_000, 100_000} {
		for _, departing := range []bool{false, true} {
			name := "admitted"
			if departing {
				name = "departed"
			}
			b.Run(fmt.Sprintf("%s/%d-a-minute", name, limit), func(b *testing.B) {
				share, over, runs := 0.0, 0, 0
				for b.Loop() {
					at := paceForReal(b, limit, departing, 3*time.Second)
					share += used(at, limit)
					over += tooSoon(at, limit)
					runs++
				}
				b.ReportMetric(100*share/float64(runs), "%-of-limit")
				b.ReportMetric(float64(over), "over-limit")
			})
		}
	}
}

// paceForReal makes calls for a while, after one second that does not count, and returns when.
func paceForReal(tb testing.TB, limit int, departing bool, stretch time.Duration) []time.Time {
	p := NewPacer(PacerOptions{Name: "test", PerMinute: float64(limit)})
	counted := time.Now().Add(time.Second)
	ctx, cancel := context.WithDeadline(tb.Context(), counted.Add(stretch))
	defer cancel()
	var got admissions
	var callers sync.WaitGroup
	for range 64 {
		callers.Go(func() {
			for Wait(ctx, p) == nil {
				if departing {
					time.Sleep(time.Millisecond + rand.N(20*time.Millisecond))
					if p.Depart(ctx) != nil {
						return
					}
				}
				got.add()
			}
		})
	}
	callers.Wait()
	slices.SortFunc(got.at, time.Time.Compare)
	return slices.DeleteFunc(got.at, counted.After)
}

// used is the share of a limit that calls in the order of time use, from the first to the last.
func used(at []time.Time, limit int) float64 {
	return float64(len(at)-1) / (at[len(at)-1].Sub(at[0]).Minutes() * float64(limit))
}

// tooSoon counts calls that are further ahead of an even spacing than the margin below the limit makes good within a
// minute.
func tooSoon(at []time.Time, limit int) (n int) {
	spacing := time.Duration(float64(time.Minute) / (float64(limit) * (1 - margin)))
	slack := time.Duration(float64(limit)*float64(spacing)) - time.Minute
	due := at[0]
	for _, t := range at[1:] {
		if due = latest(due.Add(spacing), t); due.Sub(t) > slack {
			n++
		}
	}
	return n
}
