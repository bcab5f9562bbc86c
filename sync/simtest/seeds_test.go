package simtest

import (
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
)

var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed, or without -sim.seeds the only one")
	seedCount = flag.Uint64("sim.seeds", 0, "so many seeds; 0: as many as suit, or with -sim.seed one")
)

// usual is how many seeds are played where nobody says.
const usual = 200

// seeds are those that a test plays.
type seeds struct{ first, count uint64 }

// seedsFor are so many from a first one on.
func seedsFor(first, count uint64) (seeds, error) {
	if first > math.MaxUint64-count {
		return seeds{}, fmt.Errorf("there are no %d seeds from %d on: the last one is %d", count, first,
			uint64(math.MaxUint64)-1)
	}
	return seeds{first, count}, nil
}

// seedsWanted are those that the flags name, or as many as suit.
func seedsWanted() (seeds, error) {
	count := *seedCount
	if count == 0 {
		count = uint64(amount(usual, 1200))
		flag.Visit(func(f *flag.Flag) {
			if f.Name == "sim.seed" {
				count = 1
			}
		})
	}
	return seedsFor(*firstSeed, count)
}

// end is the first seed behind them.
func (s seeds) end() uint64 { return s.first + s.count }

// again is how to see what has come of a seed.
func again(seed uint64) string {
	return fmt.Sprintf("go test ./sync/simtest -run TestWorlds -sim.seed=%d -v", seed)
}

func TestSeeds(t *testing.T) {
	for _, c := range []struct {
		first, count uint64
		ok           bool
	}{
		{1, 200, true},
		{0, 1, true},
		{math.MaxUint64 - 1, 1, true},
		{math.MaxUint64, 1, false},
		{math.MaxUint64 - 1, 2, false},
		{2, math.MaxUint64 - 1, false},
	} {
		s, err := seedsFor(c.first, c.count)
		if (err == nil) != c.ok || c.ok && s.end() <= s.first {
			t.Errorf("%d from %d on: %v, %v", c.count, c.first, s, err)
		}
	}
}

// TestAgain does what a seed that fails says, and finds that one world with all that has happened in it.
func TestAgain(t *testing.T) {
	for _, seed := range []uint64{1, 2} {
		_, given, found := strings.Cut(again(seed), " -run ")
		if !found {
			t.Fatalf("no test is named: %s", again(seed))
		}
		args := strings.Fields(strings.Replace("-test.run "+given, " -v", " -test.v", 1))
		out, err := here.output(self(t), append(args, "-sim.dir="+scratch(t))...)
		if err != nil || !strings.Contains(out, " 1 worlds: ") || !strings.Contains(out, "from here on nothing goes wrong") {
			t.Errorf("%s: %v\n%.2000s", again(seed), err, out)
		}
	}
}

// TestSeedsRefused holds that a run which would play nothing does not pass.
func TestSeedsRefused(t *testing.T) {
	out, err := here.output(self(t), "-test.run=^(TestWorlds|TestSameCourse)$", "-sim.dir="+scratch(t),
		fmt.Sprintf("-sim.seed=%d", uint64(math.MaxUint64)))
	if err == nil || strings.Count(out, "the last one is") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}
