package sync

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	stdsync "sync"
	"testing"
	"testing/synctest"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

// amount is how much of something a test does: a few, or with LONG_TESTS=1 many. With -short, as the race
// detector has it, it is a quarter of a few: a race needs interleavings, and each seed has those. Where few
// is the larger number, it is the stride through something, and four times as long then.
func amount(few, many int) int {
	switch {
	case os.Getenv("LONG_TESTS") != "":
		return many
	case !testing.Short():
		return few
	case few > many:
		return 4 * few
	}
	return (few + 3) / 4
}

// everyRow is the stride through a table of which every row counts: 1, or with -short 4.
func everyRow() int {
	if testing.Short() {
		return 4
	}
	return 1
}

var modelSeed = flag.Uint64("model.seed", 0, "make only the world of this seed")

// version is a conversation from one instant on.
type version struct {
	from, visible time.Time // when it came about, and when searches show it
	row           kustomer.Conversation
}

// world is a Kustomer whose conversations are closed, reopened and closed again while it is read, whose search lags
// behind, and which fails now and then.
type world struct {
	desk    // for customers, agents and tags
	random  *dice
	history [][]version // by conversation
	trouble float64     // share of calls that fail
	habit   *habit
}

const (
	modelSettle  = 3 * time.Minute
	modelOverlap = 20 * time.Minute
	modelLength  = 3 * time.Hour
)

// dice are thrown by several goroutines.
type dice struct {
	mu     stdsync.Mutex
	random *rand.Rand
}

func (d *dice) IntN(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

func (d *dice) Int64N(n int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Int64N(n)
}

func (d *dice) Float64() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64()
}

// newWorld begins now. Its conversations come singly, in ties at one millisecond, and crowded into a second.
func newWorld(seed uint64) *world {
	w := &world{desk: *newDesk(0), random: &dice{random: rand.New(rand.NewPCG(seed, 1))}}
	w.trouble = []float64{0, 0, 0.02, 0.1}[w.random.IntN(4)]
	start := time.Now()
	for range 1 + w.random.IntN(12) {
		at := start.Add(time.Duration(w.random.Int64N(int64(modelLength)))).Truncate(time.Millisecond)
		switch w.random.IntN(4) {
		case 0: // a bulk job's instant
			created := at.Add(-time.Hour)
			for range 1 + w.random.IntN(4*modelReach.Page) {
				w.add(at, created)
				if w.random.IntN(3) > 0 {
					created = created.Add(time.Duration(w.random.IntN(3)) * time.Millisecond)
				}
			}
		case 1: // a crowded second
			for range 1 + w.random.IntN(6*modelReach.Page) {
				w.add(at.Add(time.Duration(w.random.IntN(1000))*time.Millisecond), at.Add(-time.Minute))
			}
		default:
			w.add(at, at.Add(-time.Hour))
		}
	}
	return w
}

// modelReach lets a handful of conversations be too many for a page, and some more too many for a search.
var modelReach = fetch.PageLimits{Page: 5, Target: 4, Rows: 100, Pages: 20}

// add makes a conversation with its whole life: one that is closed at the instant, and perhaps again later.
func (w *world) add(at, created time.Time) {
	row := plain().Conversation
	row.ID = fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", len(w.history))
	row.CustomerID, row.CreatedAt = "58210c3db0f09110006b0000", created
	var life []version
	for {
		life = append(life, w.version(row, at, "done"))
		if w.random.IntN(5) > 0 {
			break
		}
		at = at.Add(time.Duration(w.random.Int64N(int64(40 * time.Minute)))).Truncate(time.Millisecond)
		reopened := w.version(row, at, "open")
		reopened.row.LastDone = life[len(life)-1].row.LastDone
		life = append(life, reopened)
		if w.random.IntN(4) == 0 {
			break
		}
		at = at.Add(time.Duration(w.random.Int64N(int64(40 * time.Minute)))).Truncate(time.Millisecond)
	}
	w.history = append(w.history, life)
}

func (w *world) version(row kustomer.Conversation, at time.Time, status string) version {
	row.Status = status
	row.LastDone = &kustomer.Done{At: at, By: row.LastDone.By, AssignedUsers: row.LastDone.AssignedUsers}
	lag := time.Duration(w.random.Int64N(int64(time.Minute)))
	if w.random.IntN(4) == 0 {
		lag = time.Duration(w.random.Int64N(int64(modelOverlap)))
	}
	return version{from: at, visible: at.Add(lag), row: row}
}

// end is when the last conversation changes for the last time.
func (w *world) end() (end time.Time) {
	for _, life := range w.history {
		if last := life[len(life)-1].from; last.After(end) {
			end = last
		}
	}
	return end
}

// latest is a conversation as it is, or as searches show it.
func latest(life []version, now time.Time, shown bool) (row kustomer.Conversation, ok bool) {
	for _, v := range life {
		if from := v.from; !from.After(now) && (!shown || !v.visible.After(now)) {
			row, ok = v.row, true
		}
	}
	return row, ok
}

var errTrouble = errors.New("trouble")

// pause lets time go by, so that things happen between two calls, and fails now and then.
func (w *world) pause() error {
	time.Sleep(time.Duration(w.random.Int64N(int64(2 * time.Second))))
	if w.random.Float64() < w.trouble {
		return errTrouble
	}
	return nil
}

func (w *world) ServerTime(context.Context) (time.Time, error) {
	return time.Now().Truncate(time.Second), w.pause()
}

func (w *world) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	if err := w.pause(); err != nil {
		return kustomer.Page[kustomer.Conversation]{}, err
	}
	now := time.Now()
	d := desk{now: now}
	for _, life := range w.history {
		if row, ok := latest(life, now, true); ok {
			d.conversations = append(d.conversations, row)
		}
	}
	return cutPage(d.match(q), q, now), nil
}

func (w *world) Conversations(_ context.Context, ids []string) ([]kustomer.Conversation, error) {
	var rows []kustomer.Conversation
	for _, life := range w.history {
		for _, id := range ids {
			if row, ok := latest(life, time.Now(), false); ok && row.ID == id {
				rows = append(rows, row)
			}
		}
	}
	return rows, w.pause()
}

func (w *world) SearchCustomers(context.Context, kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
	return kustomer.Page[kustomer.Customer]{}, nil
}

func (w *world) Customer(context.Context, string) (kustomer.Customer, error) {
	return *plain().Customer, nil
}

func (w *world) Users(context.Context) ([]kustomer.User, error) { return w.users, nil }
func (w *world) Tags(context.Context) ([]kustomer.Tag, error)   { return w.tags, nil }

// TestNothingLost makes passes through hundreds or thousands of worlds, in virtual time, and compares what was
// sent with the truth: every conversation that is done in the end was asked about exactly once, nobody twice, and every pass adds up.
func TestNothingLost(t *testing.T) {
	first, last := uint64(1), uint64(amount(100, 600))
	if *modelSeed > 0 {
		first, last = *modelSeed, *modelSeed
	}
	conversations := 0
	for seed := first; seed <= last && !t.Failed(); seed++ {
		synctest.Test(t, func(t *testing.T) { conversations += followWorld(t, seed) })
	}
	t.Logf("%d conversations in %d worlds", conversations, last-first+1)
}

// passedOver finds a conversation in what a pass has read that searches showed all the time since it began, and that the
// ledger has not heard of.
func (w *world) passedOver(ledger *memoryLedger, began time.Time, read fetch.Window) string {
	for _, life := range w.history {
		shown, ok := latest(life, began, true)
		now, _ := latest(life, time.Now(), true)
		if !ok || shown.Status != "done" || !shown.LastDone.At.Equal(now.LastDone.At) || now.Status != "done" {
			continue
		}
		if !ledger.heard(w.habit, shown) && read.Contains(shown.LastDone.At) {
			return shown.ID
		}
	}
	return ""
}

func followWorld(t *testing.T, seed uint64) int {
	w := newWorld(seed)
	ledger := newMemoryLedger(time.Now())
	w.habit = newHabit(seed)
	sent := &receiver{answer: func(agentconnect.Request) agentconnect.Answer {
		time.Sleep(time.Duration(100+w.random.IntN(900)) * time.Millisecond)
		answer := taken()
		answer.Status = w.habit.status()
		return answer
	}}
	e := &Engine{
		Source: w, Directory: w, Sender: sent, Ledger: ledger, Observer: &heard{}, Reach: modelReach,
		Options: Options{
			Policy: testPolicy(), Settle: modelSettle, Overlap: modelOverlap, Concurrency: 1,
			Recheck: time.Duration(w.random.IntN(3)) * 10 * time.Second,
		},
	}
	if w.random.IntN(4) == 0 {
		e.Options.Limits.Requests = 1 + w.random.IntN(20)
	}
	e.Options.Policy.Delay, e.Options.SurveyPer = w.habit.delay, w.habit.per
	end := w.end().Add(modelOverlap + modelSettle)
	for time.Now().Before(end) {
		time.Sleep(time.Duration(1+w.random.IntN(30)) * time.Minute)
		w.habit.change(&e.Options, ledger)
		began, from := time.Now(), ledger.info.Checkpoint
		result, err := e.Run(t.Context())
		if err == nil && result.Fuse == "" {
			from = from.Add(-modelOverlap)
		}
		if id := w.passedOver(ledger, began, fetch.Window{From: from, To: result.Checkpoint}); id != "" {
			t.Fatalf("seed %d: the checkpoint passed %s, which is not in the ledger (%v)", seed, id, err)
		}
		var overflow *fetch.OverflowError
		var unsteady *fetch.UnsteadyError
		if err != nil && !errors.Is(err, errTrouble) && !errors.As(err, &unsteady) && !errors.As(err, &overflow) {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !result.Accounted() {
			t.Fatalf("seed %d: the pass does not add up: %+v", seed, result)
		}
	}
	w.trouble, e.Options.Limits, w.habit.busy = 0, deliver.Limits{ErrorRate: 1}, false
	time.Sleep(modelOverlap + w.habit.delay + 6*time.Hour) // after that nothing waits for its time
	if _, err := e.Run(t.Context()); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for _, life := range w.history {
		if row := life[len(life)-1].row; !w.habit.asked(ledger, row) {
			t.Fatalf("seed %d, %+v: %s, %s since %s, was not asked about once; the ledger has %+v, checkpoint %s",
				seed, *w.habit, row.ID, row.Status, row.LastDone.At, ledger.of(row), ledger.info.Checkpoint)
		}
	}
	return len(w.history)
}
