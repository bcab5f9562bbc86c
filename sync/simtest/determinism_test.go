package simtest

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// TestSameCourse plays worlds twice, beside others, and compares all that has happened, to the nanosecond.
func TestSameCourse(t *testing.T) {
	wanted, err := seedsFor(*firstSeed, uint64(amount(12, 60)))
	if err != nil {
		t.Fatal(err)
	}
	var next atomic.Uint64
	next.Store(wanted.first)
	for range runtime.GOMAXPROCS(0) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for seed := next.Add(1) - 1; seed < wanted.end() && !t.Failed(); seed = next.Add(1) - 1 {
				compare(t, play(t, seed), play(t, seed))
			}
		})
	}
}

func compare(t *testing.T, a, b Report) {
	t.Helper()
	if a.Digest == b.Digest {
		return
	}
	for i := range min(len(a.Events), len(b.Events)) {
		if a.Events[i] == b.Events[i] {
			continue
		}
		t.Errorf("seed %d went two ways after %d of %d events:", a.Seed, i, len(a.Events))
		for _, same := range a.Events[max(0, i-8):i] {
			t.Log("  both    ", same)
		}
		for j := i; j < min(i+4, len(a.Events)); j++ {
			t.Log("  first   ", a.Events[j])
		}
		for j := i; j < min(i+4, len(b.Events)); j++ {
			t.Log("  second  ", b.Events[j])
		}
		return
	}
	t.Errorf("seed %d: %d events, and %d the second time", a.Seed, len(a.Events), len(b.Events))
}
