package storetest

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
)

// Run holds the ledgers that an opener opens to all that any ledger must do.
func Run(t *testing.T, o Opener) {
	t.Run("Model", func(t *testing.T) { testModel(t, o) })
	t.Run("States", func(t *testing.T) { testStates(t, o) })
	t.Run("Invalid", func(t *testing.T) { testInvalid(t, o) })
	for name, test := range map[string]func(*testing.T, Ledger){
		"BeginAtOnce": testBeginAtOnce, "Case": testCase, "Each": testEach, "Import": testImport,
		"Lateness": testLateness, "Backfills": testBackfills, "Reopen": testReopen,
		"NoAttempt": testNoAttempt, "Acknowledged": testAcknowledged,
	} {
		t.Run(name, func(t *testing.T) { test(t, o.Create(t, noon)) })
	}
}

// testStates makes every change in each state; what is refused leaves no trace.
func testStates(t *testing.T, o Opener) {
	free := []store.State{store.Unknown, store.Scheduled, store.Retry, store.Skipped}
	wantTaken(t, o, "begin", free, func(l Ledger, k store.Key, _ store.Record) error {
		_, err := l.Begin(k, noon, noon)
		return err
	})
	outcomes := []store.State{store.Accepted, store.Rejected, store.Retry, store.InDoubt, store.Scheduled}
	for _, s := range store.States() {
		var committed, finished, settled, reopened []store.State
		if s != store.Sending {
			committed = free
		}
		if slices.Contains(outcomes, s) {
			finished = []store.State{store.Sending}
		}
		if slices.Contains(outcomes, s) || s == store.Dropped {
			settled = []store.State{store.InDoubt}
		}
		if s == store.Retry || s == store.Accepted {
			reopened = []store.State{store.Rejected, store.Dropped}
		}
		x := store.Result{State: s, At: noon}
		wantTaken(t, o, "commit "+s.String(), committed, func(l Ledger, k store.Key, _ store.Record) error {
			return l.Commit(batch(store.Record{State: s, At: noon}, k))
		})
		wantTaken(t, o, "finish "+s.String(), finished, func(l Ledger, k store.Key, r store.Record) error {
			return l.Finish(store.Intent{Key: k, Number: r.Intent, Ledger: info(t, l).ID}, x)
		})
		wantTaken(t, o, "settle "+s.String(), settled, func(l Ledger, k store.Key, r store.Record) error {
			return l.Settle(k, r.Intent, x)
		})
		wantTaken(t, o, "reopen "+s.String(), reopened, func(l Ledger, k store.Key, r store.Record) error {
			return l.Reopen([]store.Entry{{Key: k, Record: r}}, x)
		})
	}
}

func wantTaken(
	t *testing.T, o Opener, name string, want []store.State,
	change func(Ledger, store.Key, store.Record) error,
) {
	t.Run(name, func(t *testing.T) {
		l := o.Create(t, noon)
		var got []store.State
		for n, s := range append([]store.State{store.Unknown}, store.States()...) {
			k := id(n)
			switch s {
			case store.Unknown:
			case store.Sending:
				begin(t, l, k)
			case store.Skipped, store.Scheduled, store.Dropped:
				must(t, l.Commit(batch(store.Record{State: s, Resolution: noon, At: noon}, k)))
			default:
				finish(t, l, k, s)
			}
			before := record(t, l, k)
			err := change(l, k, before)
			if err == nil {
				got = append(got, s)
				continue
			}
			wantRefused(t, err)
			wantSame(t, record(t, l, k), before)
		}
		wantSame(t, got, want)
	})
}

// testInvalid: of a batch with anything that cannot be kept nothing is, also in memory.
func testInvalid(t *testing.T, o Opener) {
	stands := store.Backfill{From: noon, Position: noon.Add(time.Hour), Begun: noon}
	back := stands
	back.Position = noon
	for name, last := range map[string]store.Batch{
		"a record without a state":    batch(store.Record{At: noon}, id(3)),
		"a record without a time":     batch(store.Record{State: store.Skipped}, id(3)),
		"a key without an id":         batch(store.Record{State: store.Skipped, At: noon}, store.Key{}),
		"a back-fill that moves back": {Backfill: &back},
		"an unknown identity":         {Identity: "customer"},
	} {
		t.Run(name, func(t *testing.T) {
			l := o.Create(t, noon)
			must(t, l.Commit(store.Batch{Backfill: &stands}))
			before := info(t, l)
			r := store.Record{State: store.Skipped, Reason: "new", At: noon}
			last.Entries = append(batch(r, id(2)).Entries, last.Entries...)
			last.Run, last.Late = &store.Run{Pass: "p"}, []time.Duration{time.Hour}
			if err := l.Commit(last); err == nil {
				t.Fatal("the batch was taken")
			}
			wantSame(t, info(t, l), before)
			wantSame(t, len(all(t, l)), 0)
			must(t, l.Commit(batch(r, id(4))))
			wantSame(t, record(t, o.Reopen(t, l), id(4)).Reason, "new")
		})
	}
}

// testBeginAtOnce: many that fight for the same keys open one intent for each, and no number twice.
func testBeginAtOnce(t *testing.T, l Ledger) {
	const workers, keys = 8, 30
	var begun atomic.Int64
	var numbers sync.Map
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := range keys {
				i, err := l.Begin(id(n), noon, noon)
				if errors.Is(err, store.ErrRefused) {
					continue
				}
				if err == nil {
					begun.Add(1)
					if _, twice := numbers.LoadOrStore(i.Number, i.Key); twice {
						t.Errorf("number %d was given twice", i.Number)
					}
					reason := string(rune('a' + n%5))
					err = l.Finish(
						i, store.Result{State: store.Accepted, Status: 200, Reason: reason, At: noon})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantSame(t, begun.Load(), int64(keys))
	wantSame(t, info(t, l).Counts, map[store.State]int{store.Accepted: keys})
}

// testCase: the two cases of a hex id are one conversation, and each is told as it was asked for.
func testCase(t *testing.T, l Ledger) {
	lower := store.Key{Conversation: "69210a0b0c0d0e0f01020304"}
	upper := store.Key{Conversation: strings.ToUpper(lower.Conversation)}
	finish(t, l, lower, store.Accepted)
	wantSame(t, record(t, l, upper).State, store.Accepted)
	_, err := l.Begin(upper, noon, noon)
	wantRefused(t, err)
}

// testEach: each key comes once, however many there are; fn may write, and its error ends the walk.
func testEach(t *testing.T, l Ledger) {
	const keys = 2500
	var b store.Batch
	for n := range keys {
		b.Entries = append(
			b.Entries, store.Entry{Key: id(n), Record: store.Record{State: store.Retry, At: noon}})
	}
	must(t, l.Commit(b))
	seen := map[store.Key]bool{}
	for _, e := range all(t, l) {
		seen[e.Key] = true
	}
	wantSame(t, len(seen), keys)
	enough, called := errors.New("enough"), 0
	err := l.Each(func(e store.Entry) error {
		if called++; called == 2 {
			return enough
		}
		return l.Commit(batch(store.Record{State: store.Dropped, At: noon}, e.Key))
	})
	if err != enough || called != 2 {
		t.Errorf("got %v after %d keys, want the error of fn after 2", err, called)
	}
	wantSame(t, info(t, l).Counts[store.Dropped], 1)
}

// testImport: no later intent gets an imported number. What comes with an error is not kept.
func testImport(t *testing.T, l Ledger) {
	r := store.Record{
		State: store.InDoubt, Resolution: noon, At: sec, Due: noon, First: sec, Attempts: 1, Intent: 41,
	}
	broken := errors.New("broken")
	if _, err := l.Import(sequence(store.Entry{Key: id(1), Record: r}, broken)); err != broken {
		t.Errorf("got %v, want the error of the sequence", err)
	}
	wantSame(t, len(all(t, l)), 0)
	_, err := l.Import(sequence(store.Entry{Key: id(1), Record: r}, nil))
	must(t, err)
	wantSame(t, begin(t, l, id(2)).Number, uint64(42))
	must(t, l.Settle(id(1), 41, store.Result{State: store.Accepted, At: noon}))
}

// testReopen: what was tried for long begins anew, and of several of which one has changed since it was read
// nothing is taken.
func testReopen(t *testing.T, l Ledger) {
	var read []store.Entry
	for n := range 3 {
		for range 4 {
			finish(t, l, id(n), store.Retry)
		}
		given := store.Record{State: store.Rejected, Reason: "gave_up", Resolution: noon, At: noon, Status: 429}
		must(t, l.Commit(batch(given, id(n))))
		read = append(read, store.Entry{Key: id(n), Record: record(t, l, id(n))})
	}
	later := noon.Add(time.Hour)
	x := store.Result{State: store.Retry, Reason: "by_hand", At: later, Due: later}
	must(t, l.Reopen(read[:1], x))
	got := record(t, l, id(0))
	wantSame(t, got, store.Record{
		State: store.Retry, Reason: "by_hand", Resolution: noon, At: sec.Add(time.Hour), Due: later,
		Attempts: 2, Status: 429, Intent: read[0].Intent,
	})
	wantRefused(t, l.Reopen(read, x))
	wantSame(t, record(t, l, id(1)), read[1].Record)
	must(t, l.Reopen(read[1:], x))
	due, err := l.Due(later, 0)
	must(t, err)
	wantSame(t, len(due), 3)
	i := begin(t, l, id(1))
	wantSame(t, []any{i.Attempt, record(t, l, id(1)).First}, []any{3, sec})
}

// testNoAttempt: what ends as scheduled leaves the key as it was before its intent, and nothing of it where
// the ledger knew nothing. The number is not given again.
func testNoAttempt(t *testing.T, l Ledger) {
	finish(t, l, id(1), store.Retry)
	failed := store.Record{State: store.Rejected, Reason: "rule_error:x", Resolution: noon, At: noon}
	must(t, l.Commit(batch(failed, id(2))))
	spam := store.Record{State: store.Skipped, Reason: "spam", Resolution: noon, At: noon}
	must(t, l.Commit(batch(spam, id(3))))
	due, err := l.Due(noon, 0)
	must(t, err)
	before, counts, last := all(t, l), info(t, l).Counts, uint64(1)
	later := noon.Add(time.Hour)
	for n := range 4 {
		i, err := l.Begin(id(n), later, later)
		must(t, err)
		if i.Number <= last {
			t.Errorf("the number %d was given again", i.Number)
		}
		last = i.Number
		must(t, l.Finish(i, store.Result{State: store.Scheduled, Reason: "stopped", At: later, Due: later}))
		wantRefused(t, l.Finish(i, store.Result{State: store.Accepted, At: later}))
	}
	wantSame(t, all(t, l), before)
	wantSame(t, info(t, l).Counts, counts)
	again, err := l.Due(noon, 0)
	must(t, err)
	wantSame(t, again, due)
	wantSame(t, begin(t, l, id(1)).Attempt, 2)
}

func testLateness(t *testing.T, l Ledger) {
	var want store.Lateness
	for _, part := range [][]time.Duration{
		{400 * time.Millisecond, 4 * time.Second}, {4 * time.Second, 48 * time.Hour, -1},
	} {
		must(t, l.Commit(store.Batch{Late: part}))
		for _, late := range part {
			want.Add(late)
		}
	}
	wantSame(t, info(t, l).Lateness, want)
}

func testAcknowledged(t *testing.T, l Ledger) {
	wantSame(t, info(t, l).Acknowledged, time.Time{})
	for _, at := range []time.Time{noon, noon.Add(-time.Hour), {}} {
		must(t, l.Commit(store.Batch{Acknowledged: at, Late: []time.Duration{time.Second}}))
		wantSame(t, info(t, l).Acknowledged, noon)
	}
	wantRefused(t, l.Commit(store.Batch{Acknowledged: noon.AddDate(9000, 0, 0)}))
}

func testBackfills(t *testing.T, l Ledger) {
	january := store.Backfill{
		From: noon, To: noon.AddDate(0, 1, 0), Position: noon, Begun: noon.AddDate(0, 2, 0),
	}
	open := january
	open.To = time.Time{} // up to now
	must(t, l.Commit(store.Batch{Backfill: &january}))
	must(t, l.Commit(store.Batch{Backfill: &open}))
	january.Position, january.Finished = january.To, noon.AddDate(0, 3, 0)
	must(t, l.Commit(store.Batch{Backfill: &january}))
	for _, want := range []store.Backfill{january, open} {
		got, err := l.Backfill(want.From, want.To)
		must(t, err)
		wantSame(t, got, want)
	}
	list, err := l.Backfills()
	must(t, err)
	wantSame(t, list, []store.Backfill{open, january})
	none, err := l.Backfill(noon, noon.AddDate(0, 0, 1))
	must(t, err)
	wantSame(t, none, store.Backfill{})
}
