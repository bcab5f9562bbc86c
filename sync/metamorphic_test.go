package sync

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// settledKey is what two ways through the same conversations must leave alike in the ledger.
type settledKey struct {
	State      store.State
	Reason     string
	Resolution time.Time
	Attempts   int
}

// way is one way through the conversations of a day: its ledger, and how it is gone.
type way struct {
	random *rand.Rand
	ledger *memoryLedger
	sent   *receiver
	engine *Engine
	stop   func()
	after  int // POSTs from now, before the pass is stopped; 0 = never
}

const splitHours = 30

// splitDesk is a day of conversations: singly, in ties, some to be skipped and some to be refused.
func splitDesk(seed uint64) *desk {
	random := rand.New(rand.NewPCG(seed, 3))
	d := newDesk(20 + random.IntN(60))
	at := testNow.Add(-splitHours * time.Hour)
	for i := range d.conversations {
		if random.IntN(3) > 0 {
			at = testNow.Add(-time.Hour - time.Duration(random.Int64N(int64((splitHours-1)*time.Hour)))).Truncate(time.Millisecond)
		}
		d.conversations[i].LastDone.At = at
		d.conversations[i].CreatedAt = at.Add(-time.Duration(random.IntN(4)) * time.Millisecond)
		d.conversations[i].Spam = random.IntN(6) == 0
	}
	return d
}

func newWay(seed uint64, d *desk) *way {
	w := &way{random: rand.New(rand.NewPCG(seed, 4)), ledger: newMemoryLedger(testNow.Add(-splitHours * time.Hour))}
	w.sent = &receiver{answer: func(r agentconnect.Request) agentconnect.Answer {
		w.posted()
		if strings.HasSuffix(r.ExtInteractionID, "7") {
			return agentconnect.Answer{Status: 400, Written: true, Own: true, Message: "Brand unknown"}
		}
		return taken()
	}}
	w.engine = &Engine{
		Source: d, Directory: d, Sender: w.sent, Ledger: w.ledger, Observer: unheard{}, Now: func() time.Time { return testNow },
		Options: Options{Policy: testPolicy(), Limits: deliver.Limits{ErrorRate: 1}, Settle: modelSettle, Overlap: modelOverlap, Concurrency: 1, Recheck: time.Hour},
	}
	w.engine.Options.Policy.MaxAge = 0
	return w
}

// posted counts a POST, and stops the pass when it is time.
func (w *way) posted() {
	w.sent.mu.Lock()
	defer w.sent.mu.Unlock()
	if w.after--; w.after == 0 {
		w.stop()
	}
}

// pass makes one pass, which may be stopped at any point.
func (w *way) pass(t *testing.T, seed uint64) Result {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stopped := errors.New("stopped")
	w.stop = func() { cancel(stopped) }
	result, err := w.engine.Run(ctx)
	if err != nil && !errors.Is(err, stopped) {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if !result.Accounted() {
		t.Fatalf("seed %d: found %d, but %v", seed, result.Found, result.Counts)
	}
	return result
}

// vary changes what must not matter: how many requests are in flight, how many rows a page has, where the pass stops.
func (w *way) vary() {
	size := 2 + w.random.IntN(40)
	w.engine.Reach = fetch.PageLimits{Page: size, Target: max(size*4/5, 1), Rows: 20 * size, Pages: 20}
	w.engine.Options.Concurrency = 1 + w.random.IntN(8)
	w.engine.Options.Limits.Max, w.engine.Options.Restart, w.after = 0, false, 0
	switch w.random.IntN(5) {
	case 0, 1:
		w.engine.Options.Limits.Max = 1 + w.random.IntN(15)
	case 2, 3:
		w.after = 1 + w.random.IntN(15)
	}
}

// finish lets the back-fill of a range come to its end, however often it is stopped, begun again, or followed by a pass from
// the checkpoint.
func (w *way) finish(t *testing.T, seed uint64, r fetch.Window) {
	t.Helper()
	for range 1000 {
		w.vary()
		if w.random.IntN(6) == 0 {
			w.engine.Options.Range = fetch.Window{}
			w.pass(t, seed)
			continue
		}
		w.engine.Options.Range, w.engine.Options.Restart = r, w.random.IntN(12) == 0
		if result := w.pass(t, seed); !result.Backfill.Finished.IsZero() {
			return
		}
	}
	t.Fatalf("seed %d: the back-fill from %s never ends", seed, r)
}

// split cuts the whole range at random, adds ranges that overlap, and shuffles all.
func (w *way) split(whole fetch.Window) []fetch.Window {
	cuts := []time.Time{whole.From, whole.To}
	for range w.random.IntN(6) {
		cuts = append(cuts, whole.From.Add(time.Duration(w.random.Int64N(int64(whole.To.Sub(whole.From))))).Truncate(time.Millisecond))
	}
	slices.SortFunc(cuts, time.Time.Compare)
	var ranges []fetch.Window
	for i := range len(cuts) - 1 {
		if r := (fetch.Window{From: cuts[i], To: cuts[i+1]}); !r.Empty() {
			ranges = append(ranges, r)
		}
	}
	if n := len(cuts); w.random.IntN(2) == 0 && cuts[n/2].After(whole.From) {
		ranges = append(ranges, fetch.Window{From: whole.From, To: cuts[n/2]}) // once more
	}
	w.random.Shuffle(len(ranges), func(i, j int) { ranges[i], ranges[j] = ranges[j], ranges[i] })
	return ranges
}

// left is what a way leaves in the ledger.
func (w *way) left() map[store.Key]settledKey {
	all := map[store.Key]settledKey{}
	for key, r := range w.ledger.records {
		all[key] = settledKey{r.State, r.Reason, r.Resolution, r.Attempts}
	}
	return all
}

// TestSplitRanges goes through the same conversations in one back-fill, and in any number of them: in any order, overlapping,
// stopped and continued at any point, with passes from the checkpoint between, any concurrency and any size of pages. The
// ledger is the same in the end, and each survey request was made once.
func TestSplitRanges(t *testing.T) {
	seeds := uint64(amount(30, 600))
	whole := fetch.Window{From: testNow.Add(-splitHours * time.Hour), To: testNow.Add(-modelSettle)}
	for seed := uint64(1); seed <= seeds && !t.Failed(); seed++ {
		d := splitDesk(seed)
		plain := newWay(seed, d)
		plain.engine.Options.Range = whole
		plain.pass(t, seed)

		other := newWay(seed, d)
		for _, r := range other.split(whole) {
			other.finish(t, seed, r)
		}
		other.engine.Options.Range, other.engine.Options.Limits = fetch.Window{}, deliver.Limits{ErrorRate: 1} // what passes from the checkpoint scheduled
		other.pass(t, seed)
		if diff := cmp.Diff(plain.left(), other.left()); diff != "" {
			t.Errorf("seed %d: one range -, split ranges +:\n%s", seed, diff)
		}
		if diff := cmp.Diff(plain.sent.times(), other.sent.times()); diff != "" {
			t.Errorf("seed %d: requests of one range -, of split ranges +:\n%s", seed, diff)
		}
		for id, n := range maps.All(other.sent.times()) {
			if n != 1 {
				t.Errorf("seed %d: %s was asked %d times", seed, id, n)
			}
		}
	}
}
