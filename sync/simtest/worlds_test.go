package simtest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// notPlayed tells of a world that this machine could not play, whatever has come of it.
const notPlayed = "could not be played on this machine"

// play plays a seed in a bubble.
func play(t *testing.T, seed uint64) (report Report) {
	t.Helper()
	above := scratch(t)
	// Before the next one is made: thousands of them would fill a disk that is memory.
	defer os.RemoveAll(above)
	dir := filepath.Join(above, "world")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatalf("seed %d %s: %v", seed, notPlayed, err)
	}
	synctest.Test(t, func(*testing.T) { report = Play(seed, dir) })
	if report.Failed != "" {
		t.Fatalf("seed %d %s: %s\nThat says nothing of the program: make room, or let -sim.dir name a place with more, "+
			"and play it again.", seed, notPlayed, report.Failed)
	}
	return report
}

// tell says what does not hold, what has happened before, and how to see it again.
func tell(t *testing.T, r Report) {
	t.Helper()
	const most = 6
	for i, each := range r.Wrong {
		if i == most {
			t.Errorf("and %d more", len(r.Wrong)-i)
			break
		}
		t.Errorf("seed %d: %s", r.Seed, each)
	}
	last := r.Events
	if !testing.Verbose() {
		// What was found first is what the others come of.
		first := slices.IndexFunc(last, func(e string) bool { return strings.Contains(e, "WRONG") })
		last = last[max(0, first-25):min(len(last), first+2)]
	}
	for _, each := range last {
		t.Log(each)
	}
	t.Logf("play it again: %s", again(r.Seed))
}

// totals are what came up in many worlds.
type totals struct {
	mu                                         sync.Mutex
	met                                        map[string]int
	worlds, conversations, processes, arrivals int

	of       uint64    // so many worlds are wanted
	progress io.Writer // is told of each stage
}

// stage is after how many worlds a long run says how far it is: what tests log is shown in the end.
const stage = 500

func (s *totals) add(r Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, n := range r.Met {
		s.met[kind] += n
	}
	s.worlds++
	s.conversations += r.Conversations
	s.processes += r.Processes
	s.arrivals += r.Arrivals
	if s.worlds%stage == 0 {
		fmt.Fprintf(s.progress, "%d of %d worlds are played\n", s.worlds, s.of)
	}
}

// TestProgress holds that a long run says how far it is.
func TestProgress(t *testing.T) {
	var told bytes.Buffer
	sum := &totals{met: map[string]int{}, of: 1200, progress: &told}
	for range 1200 {
		sum.add(Report{})
	}
	if want := "500 of 1200 worlds are played\n1000 of 1200 worlds are played\n"; told.String() != want {
		t.Errorf("%q, want %q", told.String(), want)
	}
}

// TestWorlds plays worlds, and holds what happens in them against what must never happen.
func TestWorlds(t *testing.T) {
	wanted, err := seedsWanted()
	if err != nil {
		t.Fatal(err)
	}
	sum := &totals{met: map[string]int{}, of: wanted.count, progress: io.Discard}
	if testing.Verbose() {
		sum.progress = os.Stderr
	}
	var next atomic.Uint64
	next.Store(wanted.first)
	t.Run("seeds", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1) - 1; seed < wanted.end() && !t.Failed(); seed = next.Add(1) - 1 {
					r := play(t, seed)
					sum.add(r)
					if len(r.Wrong) > 0 || wanted.count == 1 && testing.Verbose() {
						tell(t, r)
					}
				}
			})
		}
	})
	t.Logf("%d worlds: %d conversations, %d processes, %d survey requests carried out",
		sum.worlds, sum.conversations, sum.processes, sum.arrivals)
	for _, kind := range slices.Sorted(maps.Keys(sum.met)) {
		t.Logf("%7d  %s", sum.met[kind], kind)
	}
	if wanted.count < usual || t.Failed() {
		return
	}
	for _, kind := range kinds() {
		if sum.met[kind] == 0 {
			t.Errorf("in no world there was: %s", kind)
		}
	}
}

// kinds are what has to come up in as many worlds as are played usually.
func kinds() (list []string) {
	for _, m := range common {
		list = append(list, "kustomer: "+m.name, "receiver: "+m.name)
	}
	for _, m := range ofPosts {
		list = append(list, "receiver: "+m.name)
	}
	for _, kind := range ofDials {
		list = append(list, "dial: "+kind)
	}
	for _, step := range []string{
		"begin", "begin done", "finish", "finish done", "commit", "commit done", "gathered", "committed", "create",
		"dial", "write", "written",
		"search", "look up", "ready", "read",
	} {
		list = append(list, "killed at "+step)
	}
	for _, step := range []string{"begin", "create", "written", "finish", "search"} {
		list = append(list, "SIGTERM at "+step)
	}
	for _, step := range []string{"begin", "finish", "commit"} {
		list = append(list, fmt.Sprintf("disk: %s failed", step), fmt.Sprintf("disk: %s failed, but applied", step))
	}
	for _, what := range []string{"ledger alone", "folder", "machine", "nothing"} {
		list = append(list, "disk: put back: "+what)
	}
	for _, what := range []string{
		"back-fill", "dry run", "a dry run foretells", "plan and apply", "plan behind which others send",
		"plan that has expired", "resolve", "resolve --accept", "resolve --resend", "retry", "overlapping passes",
		"rebuild", "restore", "cron is out for hours",
	} {
		list = append(list, "operator: "+what)
	}
	for _, what := range []trait{unreadable, brokenRow, contradicted} {
		list = append(list, "kustomer: "+string(what))
	}
	return append(list, "kustomer: conversation deleted or merged", "kustomer: record that is never given",
		"kustomer: budget used up by others", "receiver: refuses: Employee not found")
}

// foundFaults are seeds that have found a fault of the product, which has a test of its own since: what they play
// changes with the worlds.
var foundFaults = []uint64{
	3174, // what was refused, taken up again and sent, and then put back and rebuilt, was sent once more
}

// TestFoundFaults plays again what has found something.
func TestFoundFaults(t *testing.T) {
	for _, seed := range foundFaults {
		if r := play(t, seed); len(r.Wrong) > 0 {
			tell(t, r)
		}
	}
}
