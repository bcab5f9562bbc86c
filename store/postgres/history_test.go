package postgres

import (
	"context"
	"testing"
	"time"

	"acsync/store"
)

// TestRestored: a ledger whose database has another history opens, tells it, and gives no intent until the
// receiver's data were found to agree, or a repair has ended. Then no number is given twice.
func TestRestored(t *testing.T) {
	for name, settle := range map[string]func(l *Ledger) error{
		"settled": func(l *Ledger) error { return l.Commit(store.Batch{Settled: true}) },
		"adopted": func(l *Ledger) error { return l.Adopt(store.Adoption{Seen: 9}) },
	} {
		t.Run(name, func(t *testing.T) {
			d := created(t, Options{})
			l := opened(t, d, "acme", Options{})
			finish(t, l, id(1), store.Accepted)
			must(t, l.Close())
			owner(t, d, "update acsync.ledgers set timeline = timeline + 1")

			reader := opened(t, d, "acme", Options{ReadOnly: true})
			if infoOf(t, reader).Restored.IsZero() {
				t.Error("who reads it is not told before anybody has opened it for writing")
			}
			for range 2 { // it is remembered
				l = opened(t, d, "acme", Options{})
				if restored := infoOf(t, l).Restored; time.Since(restored).Abs() > time.Minute {
					t.Errorf("it is said to be restored since %v", restored)
				}
				_, err := l.Begin(id(2), noon, noon)
				wantError(t, err, store.ErrRolledBack)
				must(t, l.Commit(store.Batch{Checkpoint: noon.Add(time.Hour)})) // all else goes on
				must(t, l.Close())
			}
			l = opened(t, d, "acme", Options{})
			before := store.Leap(0, time.Now())
			must(t, settle(l))
			wantSame(t, infoOf(t, l).Restored, time.Time{})
			if i := begun(t, l, id(2)); i.Number <= before {
				t.Errorf("the number %d may have been given before", i.Number)
			}
			must(t, l.Close())
			l = opened(t, d, "acme", Options{})
			wantSame(t, infoOf(t, l).Restored, time.Time{})
			begun(t, l, id(3))
		})
	}
}

// TestSettledAlone: what was never put back is not changed by being settled.
func TestSettledAlone(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	must(t, l.Commit(store.Batch{Settled: true}))
	wantSame(t, begun(t, l, id(1)).Number, uint64(1))
}

// TestHistoryChangesMeanwhile: a pass under which the database becomes another one writes nothing more.
func TestHistoryChangesMeanwhile(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	i := begun(t, l, id(1))
	l.mu.Lock()
	l.now.timeline++ // as after a failover, of which the connections need not tell
	l.mu.Unlock()
	x := store.Result{State: store.Accepted, At: noon}
	wantError(t, l.Finish(i, x), store.ErrRolledBack)
	wantError(t, l.Room(), store.ErrRolledBack)
	_, err := l.Begin(id(2), noon, noon)
	wantError(t, err, store.ErrRolledBack)
	must(t, l.Close())
	l = opened(t, d, "acme", Options{})
	wantSame(t, record(t, l, id(1)).State, store.Sending)
}

// TestDistrust: a ledger whose repair is due, or has begun, opens for nobody but who mends it, and half a
// repair is none.
func TestDistrust(t *testing.T) {
	d := created(t, Options{Distrusted: true})
	_, err := d.Open(context.Background(), "acme", Options{})
	wantError(t, err, store.ErrRolledBack)
	_, err = d.Open(context.Background(), "acme", Options{ReadOnly: true})
	wantError(t, err, store.ErrRolledBack)

	l := opened(t, d, "acme", Options{AcceptFence: true})
	must(t, l.Adopt(store.Adoption{KnownFrom: noon}))
	wantSame(t, begun(t, l, id(1)).Number, uint64(1)) // nothing was ever sent
	must(t, l.Distrust())
	must(t, l.Close())
	_, err = d.Open(context.Background(), "acme", Options{})
	wantError(t, err, store.ErrRolledBack)

	l = opened(t, d, "acme", Options{AcceptFence: true})
	must(t, l.Adopt(store.Adoption{KnownFrom: noon.Add(time.Hour), Excused: true}))
	info := infoOf(t, l)
	if info.KnownFrom != noon || info.Excused != info.Intents || info.Life != info.Intents || info.Intents < 1<<40 {
		t.Errorf("after the repair it says %+v", info)
	}
	must(t, l.Close())

	owner(t, d, "update acsync.ledgers set timeline = timeline + 1")
	l = opened(t, d, "acme", Options{AcceptFence: true})
	must(t, l.Commit(store.Batch{Late: []time.Duration{time.Second}})) // the repair begins, and comes to no end
	must(t, l.Close())
	_, err = d.Open(context.Background(), "acme", Options{})
	wantError(t, err, store.ErrRolledBack)
}

// TestAskedByOthers: what is accepted because others have asked is counted apart, whichever way it was learnt.
func TestAskedByOthers(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	var rejected []store.Entry
	for n, foreign := range []bool{true, false, true} {
		i := begun(t, l, id(n))
		must(t, l.Finish(i, store.Result{State: store.InDoubt, At: noon}))
		finish(t, l, id(n+10), store.Rejected)
		x := store.Result{State: store.Accepted, At: noon, Foreign: foreign}
		must(t, l.Settle(id(n), i.Number, x))
		if foreign {
			rejected = append(rejected, store.Entry{Key: id(n + 10), Record: record(t, l, id(n+10))})
		}
	}
	must(t, l.Reopen(rejected, store.Result{State: store.Accepted, At: noon, Foreign: true}))
	must(t, l.Close())
	var accepted, others int
	row := d.Pool().QueryRow(context.Background(), "select accepted, others from acsync.ledgers")
	must(t, row.Scan(&accepted, &others))
	wantSame(t, []int{accepted, others}, []int{5, 4})
}
