package simtest

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed, or the only one")
	seedCount = flag.Uint64("sim.seeds", 0, "so many seeds; 0: as many as suit, or with -sim.seed one")
)

// play plays a seed in a bubble.
func play(t *testing.T, seed uint64) (report Report) {
	t.Helper()
	dir := filepath.Join(scratch(t), "world")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(*testing.T) { report = Play(seed, dir) })
	return report
}

func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "acsync-sim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func tell(t *testing.T, r Report) {
	t.Helper()
	for i, each := range r.Wrong {
		if i == 6 {
			t.Errorf("and %d more", len(r.Wrong)-i)
			break
		}
		t.Errorf("seed %d: %s", r.Seed, each)
	}
	last := r.Events
	if !testing.Verbose() {
		last = last[max(0, len(last)-25):]
	}
	for _, each := range last {
		t.Log(each)
	}
	t.Logf("play it again: go test ./sync/simtest -run TestWorlds -sim.seed=%d -v", r.Seed)
}

func TestWorlds(t *testing.T) {
	count := *seedCount
	if count == 0 {
		count = 300
		if *firstSeed != 1 {
			count = 1
		}
	}
	var next atomic.Uint64
	next.Store(*firstSeed)
	for range runtime.GOMAXPROCS(0) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for seed := next.Add(1) - 1; seed < *firstSeed+count && !t.Failed(); seed = next.Add(1) - 1 {
				if r := play(t, seed); len(r.Wrong) > 0 || count == 1 && testing.Verbose() {
					tell(t, r)
				}
			}
		})
	}
}
