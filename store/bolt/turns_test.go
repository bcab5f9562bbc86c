package bolt

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"acsync/store"
)

// together has calls wait for their turn, in this order, before any gets it.
func together(l *Ledger, calls ...func()) {
	turn := l.turns.take()
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(call)
		for waiting := 0; waiting <= i; runtime.Gosched() {
			l.turns.mu.Lock()
			waiting = len(l.turns.waiting)
			l.turns.mu.Unlock()
		}
	}
	l.turns.pass(turn, 0)
	wg.Wait()
}

// begins is a call that begins a key, and leaves what came of it.
func begins(l *Ledger, k store.Key, i *store.Intent, err *error) func() {
	return func() { *i, *err = l.Begin(k, noon, noon) }
}

// crashed opens a copy of the file of a ledger as it is now, as after a crash.
func crashed(t *testing.T, l *Ledger) *Ledger {
	t.Helper()
	content, err := os.ReadFile(l.path)
	must(t, err)
	path := filepath.Join(t.TempDir(), "crashed.db")
	must(t, os.WriteFile(path, content, 0o600))
	c, err := Open(path, Options{ReadOnly: true, AcceptFence: true})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestAnsweredWhenWritten: those that wait share one commit, and none of them is answered before it is over:
// whoever is told of its intent finds it in the file.
func TestAnsweredWhenWritten(t *testing.T) {
	l := testLedger(t, Options{})
	if l.db.NoSync || l.db.NoGrowSync {
		t.Error("commits are not synced")
	}
	const all = 6
	var lock sync.Mutex
	answered := 0
	var told []bool
	l.OnCommit(func(committed bool) error {
		lock.Lock()
		defer lock.Unlock()
		told = append(told, committed)
		if answered > 0 {
			t.Errorf("%d were answered before their commit was over", answered)
		}
		there := 0
		if committed {
			there = all
		}
		wantSame(t, info(t, crashed(t, l)).Counts[store.Sending], there)
		return nil
	})
	before := info(t, l).Transaction
	numbers := map[uint64]bool{}
	var calls []func()
	for n := range all {
		calls = append(calls, func() {
			i, err := l.Begin(id(n), noon, noon)
			lock.Lock()
			defer lock.Unlock()
			answered++
			if err != nil || numbers[i.Number] || record(t, crashed(t, l), i.Key).Intent != i.Number {
				t.Errorf("%v: number %d is not in the file, or was given twice", err, i.Number)
			}
			numbers[i.Number] = true
		})
	}
	together(l, calls...)
	wantSame(t, told, []bool{false, true})
	wantSame(t, info(t, l).Transaction-before, uint64(1))
}

// TestRefusedAlone: what is refused, or has nothing to write, leaves no trace in the commit that it shared, and
// takes nothing from the others.
func TestRefusedAlone(t *testing.T) {
	l := testLedger(t, Options{})
	must(t, l.Commit(store.Batch{Checkpoint: noon}))
	open := begin(t, l, id(9))
	before := info(t, l)
	stale := open
	stale.Number--
	skipped := store.Entry{Key: id(5), Record: store.Record{State: store.Skipped, Resolution: noon, At: noon}}
	var i [4]store.Intent
	var errs [9]error
	together(
		l,
		begins(l, id(1), &i[0], &errs[0]),
		begins(l, id(1), &i[1], &errs[1]), // held by the one before
		func() { errs[2] = l.Finish(stale, store.Result{State: store.Accepted, At: noon}) },
		begins(l, id(2), &i[2], &errs[3]),
		// It finds out late, when it has written an entry.
		func() {
			errs[4] = l.Commit(store.Batch{Entries: []store.Entry{skipped}, Checkpoint: noon.Add(-time.Hour)})
		},
		func() { errs[5] = l.Finish(open, store.Result{State: store.Accepted, Reason: "new", At: noon}) },
		func() { errs[6] = l.Settle(id(2), 1, store.Result{State: store.Accepted, At: noon}) },
		func() {
			errs[7] = l.share(func(tx *txn) error {
				tx.meta.putTime(metaFloor, noon)
				return errNothing
			})
		},
		begins(l, id(3), &i[3], &errs[8]),
	)
	var refused [9]bool
	for n, err := range errs {
		refused[n] = errors.Is(err, store.ErrRefused)
		if err != nil && !refused[n] {
			t.Errorf("call %d: %v", n, err)
		}
	}
	wantSame(t, refused, [9]bool{1: true, 2: true, 4: true, 6: true})
	wantSame(t, []uint64{i[0].Number, i[2].Number, i[3].Number},
		[]uint64{open.Number + 1, open.Number + 2, open.Number + 3})
	after := info(t, l)
	wantSame(t, after.Transaction, before.Transaction+1)
	wantSame(t, after.Counts, map[store.State]int{store.Sending: 3, store.Accepted: 1})
	wantSame(t, []time.Time{after.Checkpoint, after.Floor}, []time.Time{noon, before.Floor})
	wantSame(t, record(t, l, id(5)).State, store.Unknown)
}

// TestGroupFails: a commit that fails fails all that share it, also what was refused because of one of them,
// and nothing is written any more.
func TestGroupFails(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l, err := Open(l.path, Options{})
	must(t, err)
	must(t, l.handle.Close())
	var i [3]store.Intent
	var errs [4]error
	together(
		l, begins(l, id(1), &i[0], &errs[0]), begins(l, id(1), &i[1], &errs[1]), begins(l, id(2), &i[2], &errs[2]))
	tried := l.begun
	_, errs[3] = l.Begin(id(3), noon, noon)
	wantSame(t, l.begun, tried)
	for n, err := range errs {
		if !errors.Is(err, os.ErrClosed) || errors.Is(err, store.ErrRefused) {
			t.Errorf("call %d got %v", n, err)
		}
	}
	wantSame(t, i, [3]store.Intent{})
	_ = l.Close() // of its file is nothing left to be closed
	wantSame(t, info(t, openLedger(t, l.path, Options{})).Counts, map[store.State]int{})
}

// TestGroupFindsNoPlace: where the disk is too full for all that share a commit, those that find a place alone
// are written.
func TestGroupFindsNoPlace(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l = openLedger(t, l.path, Options{MaxSize: int(sizeOf(t, l.path)) + 2*growth})
	var i [3]store.Intent
	var errs [4]error
	together(
		l,
		begins(l, id(1), &i[0], &errs[0]),
		func() { errs[1] = l.Commit(store.Batch{Entries: many(10, 7_000)}) },
		begins(l, id(1), &i[1], &errs[2]),
		begins(l, id(2), &i[2], &errs[3]),
	)
	must(t, errors.Join(errs[0], errs[3]))
	wantError(t, errs[1], bolterrors.ErrMaxSizeReached)
	wantError(t, errs[2], store.ErrRefused)
	wantSame(t, info(t, l).Counts, map[store.State]int{store.Sending: 2})
}

// TestReserveForThoseInFlight fills the disk while many requests are under way at once: their intents and their
// outcomes find a place beside a window that does not.
func TestReserveForThoseInFlight(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no reserve")
	}
	const inFlight = 32
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l, err := Open(l.path, Options{InFlight: inFlight})
	must(t, err)
	must(t, l.Commit(store.Batch{Entries: many(0, 5_000)}))
	must(t, l.Room())
	closeLedger(t, l)
	l, err = Open(l.path, Options{InFlight: inFlight, MaxSize: int(sizeOf(t, l.path))})
	must(t, err)
	defer l.Close()
	must(t, l.Room())
	window := store.Batch{Entries: many(20_000, 40_000)}
	var wg sync.WaitGroup
	for _, e := range many(100_000, 100_000+inFlight) {
		wg.Go(func() {
			i, err := l.Begin(e.Key, noon, noon)
			if err == nil {
				err = l.Finish(i, store.Result{State: store.Retry, At: noon, Due: noon})
			}
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := l.Commit(window); !errors.Is(err, store.ErrNoRoom) {
				t.Errorf("a window got %v", err)
			}
		})
	}
	wg.Wait()
	must(t, l.Check(t.Context()))
}

// TestCloseWhileOthersWait: what was called before is done, and what was called later is told.
func TestCloseWhileOthersWait(t *testing.T) {
	l := testLedger(t, Options{})
	var i [3]store.Intent
	var errs [4]error
	together(
		l, begins(l, id(1), &i[0], &errs[0]), begins(l, id(2), &i[1], &errs[1]),
		func() { errs[2] = l.Close() },
		begins(l, id(3), &i[2], &errs[3]),
	)
	must(t, errors.Join(errs[:3]...))
	wantError(t, errs[3], errClosed)
	_, err := l.Lookup([]store.Key{id(1)})
	wantError(t, errors.Join(err, l.Room()), errClosed)
	l = openLedger(t, l.path, Options{})
	list, err := l.Recover(noon)
	must(t, err)
	wantSame(t, keysOf(list), []store.Key{id(1), id(2)})
}

// TestFaultInAGroup: a fault is told to all that share the commit and to all that wait behind it.
func TestFaultInAGroup(t *testing.T) {
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l, err := Open(l.path, Options{})
	must(t, err)
	defer l.Close()
	var i [3]store.Intent
	var errs [5]error
	together(
		l, begins(l, id(1), &i[0], &errs[0]),
		func() { errs[1] = l.share(func(*txn) error { panic("torn") }) },
		begins(l, id(2), &i[1], &errs[2]),
		func() { errs[3] = l.update(func(*txn) error { return nil }) },
		begins(l, id(3), &i[2], &errs[4]),
	)
	_, err = l.Info()
	for n, err := range append(errs[:], err, l.Room()) {
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("call %d got %v", n, err)
		}
	}
	wantSame(t, i, [3]store.Intent{})
	wantSame(t, info(t, crashed(t, l)).Counts, map[store.State]int{})
}

// TestDiesAtACommit: nobody is answered by a process that dies before its commit or right after it, and what the
// file holds then is what it had written.
func TestDiesAtACommit(t *testing.T) {
	died := errors.New("the process died")
	for _, late := range []bool{false, true} {
		l := testLedger(t, Options{})
		l.OnCommit(func(committed bool) error {
			if committed == late {
				return died
			}
			return nil
		})
		var i [2]store.Intent
		var errs [2]error
		together(l, begins(l, id(1), &i[0], &errs[0]), begins(l, id(2), &i[1], &errs[1]))
		_, err := l.Lookup(nil)
		for _, err := range append(errs[:], err) {
			wantError(t, err, died)
		}
		wantSame(t, i, [2]store.Intent{})
		there := 0
		if late {
			there = 2
		}
		wantSame(t, info(t, crashed(t, l)).Counts[store.Sending], there)
		must(t, l.db.Close())
		l.db, l.dead = nil, errClosed
	}
}

// TestReadsBesideAChange: whoever reads, or asks for room, does not wait for what is being written, and sees
// nothing of it before it is whole.
func TestReadsBesideAChange(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Retry)
	must(t, l.Room())
	read := make(chan error)
	err := l.share(func(tx *txn) error {
		must(t, changeRecord(tx, id(1), func(_ *txn, old store.Record) (store.Record, error) {
			return old.After(store.Result{State: store.Dropped, At: noon}), nil
		}))
		go func() {
			found, err := l.Lookup([]store.Key{id(1)})
			_, err2 := l.OpenIntents()
			due, err3 := l.Waiting(0)
			if len(due) != 1 || found[id(1)].State != store.Retry || info(t, l).Counts[store.Retry] != 1 {
				err = errors.Join(err, fmt.Errorf("read %v and %v of a change that is half written", found, due))
			}
			read <- errors.Join(err, err2, err3, l.Room())
		}()
		select {
		case err := <-read:
			return err
		case <-time.After(time.Minute):
			return errors.New("whoever reads waits for the change")
		}
	})
	must(t, err)
	wantSame(t, record(t, l, id(1)).State, store.Dropped)
}

// requests sends so many requests, so many at a time, each of which takes what post says, and tells how many
// transactions that took.
func requests(t *testing.T, l *Ledger, sent, inFlight int, post func(n int) time.Duration) int {
	t.Helper()
	before := info(t, l).Transaction
	var wg sync.WaitGroup
	for w := range inFlight {
		wg.Go(func() {
			for n := w; n < sent; n += inFlight {
				i, err := l.Begin(id(n), noon, noon)
				if err == nil {
					time.Sleep(post(n))
					err = l.Finish(i, store.Result{State: store.Accepted, At: noon})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return int(info(t, l).Transaction - before)
}

// TestInFlight counts the commits of requests that are in flight at once, and what they wait for them, with a
// slow disk in virtual time.
func TestInFlight(t *testing.T) {
	const commit = 10 * time.Millisecond
	slow := func(committed bool) error {
		if !committed {
			time.Sleep(commit)
		}
		return nil
	}
	for _, inFlight := range []int{1, 2, 4, 8, 32} {
		t.Run(fmt.Sprint(inFlight), func(t *testing.T) {
			l := testLedger(t, Options{})
			sent := 20 * inFlight
			synctest.Test(t, func(t *testing.T) {
				l.OnCommit(slow)
				from := time.Now()
				made := requests(t, l, sent, inFlight, func(n int) time.Duration { return commit / 2 })
				spent := time.Since(from)
				t.Logf("%d commits for %d requests, %v", made, sent, spent)
				// Two for each that go together, and a few until they do.
				if most := 2*sent/inFlight + 4; made > most {
					t.Errorf("%d commits, want at most %d", made, most)
				}
				// One alone waits for nothing but its own.
				if alone := time.Duration(sent) * (2*commit + commit/2); inFlight == 1 && spent != alone {
					t.Errorf("it took %v, want %v", spent, alone)
				}
				if most := time.Duration(sent/inFlight+2) * 3 * commit; spent > most {
					t.Errorf("it took %v, want at most %v", spent, most)
				}
			})
		})
	}
}

// TestNobodyIsWaitedForTooLong: where requests take longer than commits, each as long as it will, little time is
// spent on waiting for those that do not come.
func TestNobodyIsWaitedForTooLong(t *testing.T) {
	const commit, sent, inFlight = 10 * time.Millisecond, 320, 8
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l, err := Open(l.path, Options{})
	must(t, err)
	defer l.Close()
	synctest.Test(t, func(t *testing.T) {
		l.OnCommit(func(committed bool) error {
			if !committed {
				time.Sleep(commit)
			}
			return nil
		})
		random := rand.New(rand.NewPCG(1, 2))
		posts := make([]time.Duration, sent)
		longest := time.Duration(0)
		for n := range posts {
			posts[n] = time.Duration(20+random.IntN(20)) * time.Millisecond
			longest += posts[n]
		}
		from := time.Now()
		made := requests(t, l, sent, inFlight, func(n int) time.Duration { return posts[n] })
		spent := time.Since(from)
		t.Logf("%d commits, %v", made, spent)
		// In flight is each as long as it is POSTed, and for two commits, each of which it may have to wait for.
		if most := (longest + sent*4*commit) / inFlight * 11 / 10; spent > most {
			t.Errorf("it took %v, want at most %v", spent, most)
		}
	})
}

// step is one step of a worker with one of its keys.
type step struct {
	Op, Key int
	State   store.State
}

// take takes a step and gives the last intent of each key as it is then, and what the ledger answered.
func (s step) take(l *Ledger, worker int, last []store.Intent) string {
	key := store.Key{Conversation: fmt.Sprintf("6921%04x%016x", worker, s.Key/2), Recovery: s.Key%2 == 1}
	x := store.Result{State: s.State, Reason: s.State.String(), At: noon, Due: noon}
	var err error
	switch s.Op {
	case 0, 1:
		var i store.Intent
		if i, err = l.Begin(key, noon, noon); err == nil {
			last[s.Key] = i
		}
	case 2, 3:
		err = l.Finish(last[s.Key], x)
	case 4:
		err = l.Settle(key, last[s.Key].Number, x)
	case 5:
		err = l.Commit(store.Batch{Entries: []store.Entry{{Key: key, Record: store.Record{State: s.State, At: noon, Due: noon}}}})
	}
	switch {
	case errors.Is(err, store.ErrRefused):
		return "refused"
	case err != nil:
		return "failed"
	}
	return "done"
}

// TestAtOnceAsOneAfterTheOther: workers with keys of their own get the same answers, and leave the same ledger,
// whether they are at work at once or one after the other.
func TestAtOnceAsOneAfterTheOther(t *testing.T) {
	const workers, keys = 6, 4
	steps := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
		return step{
			Op: rapid.IntRange(0, 5).Draw(r, "op"), Key: rapid.IntRange(0, keys-1).Draw(r, "key"),
			State: rapid.SampledFrom(store.States()).Draw(r, "state"),
		}
	}), 4, 12), workers, workers)
	// Each step is a commit: fewer are taken than usual, unless the long programmes are wanted.
	if f := flag.Lookup("rapid.checks"); !long && f.Value.String() == f.DefValue {
		must(t, f.Value.Set("30"))
		defer func() { must(t, f.Value.Set(f.DefValue)) }()
	}
	shared := 0
	rapid.Check(t, func(r *rapid.T) {
		programmes := steps.Draw(r, "programmes")
		play := func(atOnce bool) (answers [][]string, left []store.Entry, l *Ledger) {
			l = testLedger(t, Options{})
			answers = make([][]string, workers)
			numbers := sync.Map{}
			var wg sync.WaitGroup
			for w, programme := range programmes {
				work := func() {
					last := make([]store.Intent, keys)
					for _, s := range programme {
						before := last[s.Key]
						answers[w] = append(answers[w], s.take(l, w, last))
						if now := last[s.Key]; now != before {
							if _, twice := numbers.LoadOrStore(now.Number, w); twice {
								t.Errorf("number %d was given twice", now.Number)
							}
						}
					}
				}
				if wg.Go(work); !atOnce {
					wg.Wait()
				}
			}
			wg.Wait()
			left = all(t, l)
			for n := range left {
				left[n].Intent, left[n].Doubt = 0, 0 // numbers depend on who came first
			}
			return answers, left, l
		}
		answers, left, l := play(true)
		wantAnswers, want, ordered := play(false)
		if !reflect.DeepEqual(answers, wantAnswers) {
			r.Fatalf("at once: %v, one after the other: %v", answers, wantAnswers)
		}
		wantSame(t, left, want)
		a, b := info(t, l), info(t, ordered)
		wantSame(t, a.Counts, b.Counts)
		wantSame(t, a.Intents, b.Intents)
		shared += int(b.Transaction - a.Transaction)
		must(t, errors.Join(l.Close(), ordered.Close()))
	})
	if shared == 0 {
		t.Error("nothing ever shared a commit: the test shows nothing")
	}
}
