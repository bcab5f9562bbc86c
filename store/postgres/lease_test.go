package postgres

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// TestLocked: one process has a ledger at a time, and whoever comes second is told who that is. Readers wait
// for nobody.
func TestLocked(t *testing.T) {
	d := created(t, Options{})
	first := opened(t, d, "acme", Options{})
	finish(t, first, id(1), store.Accepted)
	_, err := d.Open(context.Background(), "acme", Options{Timeout: -1})
	wantError(t, err, store.ErrLocked)
	if !strings.Contains(err.Error(), store.HostName()) {
		t.Errorf("%v does not name the holder", err)
	}
	reader := opened(t, d, "acme", Options{ReadOnly: true})
	wantSame(t, record(t, reader, id(1)).State, store.Accepted)
	for name, change := range changes(reader) {
		if err := change(); !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s on a ledger that is read gives %v", name, err)
		}
	}
	must(t, first.Close())
	opened(t, d, "acme", Options{Timeout: -1})
}

// TestLockedRow: whoever tries once is not kept waiting by a transaction that has the row.
func TestLockedRow(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	must(t, l.update(nil, func(*txn) error {
		_, err := d.Open(context.Background(), "acme", Options{Timeout: -1})
		wantError(t, err, store.ErrLocked)
		if err != nil && !strings.Contains(err.Error(), store.HostName()) {
			t.Errorf("%v does not name the holder", err)
		}
		// Nor is a reader.
		_, err = l.Lookup([]store.Key{id(1)})
		return err
	}))
}

// TestFenced: after a take-over each method of the earlier holder that changes anything is refused, for good,
// and leaves no trace.
func TestFenced(t *testing.T) {
	d := created(t, Options{})
	names := changes(&Ledger{})
	for name := range names {
		t.Run(name, func(t *testing.T) {
			first, err := d.Open(context.Background(), "acme", Options{Lease: time.Minute, Timeout: time.Minute})
			must(t, err)
			owner(t, d, "update acsync.ledgers set held_until = clock_timestamp() - interval '1 second'")
			second, err := d.Open(context.Background(), "acme", Options{})
			must(t, err)
			before := infoOf(t, second)
			for range 2 {
				if err := changes(first)[name](); !errors.Is(err, store.ErrFenced) {
					t.Errorf("got %v, want %v", err, store.ErrFenced)
				}
				wantError(t, first.Room(), store.ErrFenced)
			}
			wantSame(t, infoOf(t, second), before)
			must(t, first.Close())
			must(t, second.Commit(store.Batch{Late: []time.Duration{time.Second}})) // still its own
			must(t, second.Close())
		})
	}
}

// TestHeartbeat: the lease lasts as long as its holder does, whatever it does not write, and a holder that is
// overtaken learns it by itself, and lets go in peace.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{Lease: short})
	l.Report(store.Progress{Pass: "p", Mode: "run", Found: 7})
	_, err := d.Open(context.Background(), "acme", Options{Timeout: short + short/2})
	wantError(t, err, store.ErrLocked)
	h, holds, err := d.Holder(context.Background(), "acme")
	must(t, err)
	wantSame(t, []any{h.Pass, h.Found, holds}, []any{"p", 7, true})

	owner(t, d, "update acsync.ledgers set token = decode(repeat('00', 16), 'hex')")
	for until := time.Now().Add(time.Minute); l.Room() == nil && time.Now().Before(until); {
		time.Sleep(20 * time.Millisecond)
	}
	wantError(t, l.Room(), store.ErrFenced)
	must(t, l.Close())
}

// TestCloseWhileOvertaken: a holder that closes at the very moment at which its heartbeat learns that it was
// overtaken comes to its end.
func TestCloseWhileOvertaken(t *testing.T) {
	d := created(t, Options{})
	for range 10 {
		l, err := d.Open(context.Background(), "acme", Options{Lease: short})
		must(t, err)
		owner(t, d, "update acsync.ledgers set token = decode(repeat('00', 16), 'hex')")
		l.Report(store.Progress{Pass: "p"})
		must(t, l.Close())
		owner(t, d, "update acsync.ledgers set token = null, holder = null")
	}
}

// TestClosedIsNotRead: a pass that let go of the ledger, and has not got it back, must not take that for its own.
func TestClosedIsNotRead(t *testing.T) {
	d := created(t, Options{})
	for _, o := range []Options{{}, {ReadOnly: true}} {
		l := opened(t, d, "acme", o)
		must(t, l.Close())
		_, err := l.Info()
		wantError(t, err, errClosed)
		_, err = l.Lookup([]store.Key{id(1)})
		wantError(t, err, errClosed)
		_, err = l.Waiting(0)
		wantError(t, err, errClosed)
		_, err = l.Runs(0)
		wantError(t, err, errClosed)
	}
}

// TestTakeOver: what a killed pass has told becomes its summary, and until the quarantine is over nothing is
// taken for lost. One that has let go leaves neither.
func TestTakeOver(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	must(t, l.Close())
	_, _, err := d.Holder(context.Background(), "acme")
	wantError(t, err, fs.ErrNotExist)
	l = opened(t, d, "acme", Options{})
	wantSame(t, infoOf(t, l).Unsure, time.Time{})

	l.Report(store.Progress{Pass: "p", Mode: "run", From: noon, To: noon.Add(time.Hour), Found: 9, Accepted: 3})
	must(t, renew(l.core))
	kill(l)
	// On another machine, so that its end is not known.
	owner(t, d, "update acsync.ledgers set held_until = clock_timestamp() - interval '1 second', "+
		"holder = jsonb_set(holder::jsonb, '{host}', '\"elsewhere\"')::json")
	before := time.Now()
	l = opened(t, d, "acme", Options{Quarantine: time.Hour})
	runs, err := l.Runs(0)
	must(t, err)
	if len(runs) != 1 || runs[0].Pass != "p" || !runs[0].Killed || runs[0].Counts["accepted"] != 3 {
		t.Errorf("the runs are %+v", runs)
	}
	if unsure := infoOf(t, l).Unsure; unsure.Sub(before) < 59*time.Minute || unsure.Sub(before) > 61*time.Minute {
		t.Errorf("nothing is sure until %v, taken over at %v", unsure, before)
	}
	// Its own summary takes the place of that, and is not taken for that of a killed pass again.
	must(t, l.Commit(store.Batch{Run: &store.Run{Pass: "p", Started: noon, Ended: noon.Add(time.Hour), Found: 10}}))
	l.Report(store.Progress{Pass: "p", Mode: "run"})
	must(t, renew(l.core))
	kill(l)
	owner(t, d, "update acsync.ledgers set held_until = clock_timestamp() - interval '1 second'")
	l = opened(t, d, "acme", Options{})
	runs, err = l.Runs(0)
	must(t, err)
	if len(runs) != 1 || runs[0].Killed || runs[0].Found != 10 {
		t.Errorf("the runs are %+v", runs)
	}
}

// TestSendBy: a request may leave for half of the lease from when its intent was asked for.
func TestSendBy(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{Lease: time.Minute})
	before := time.Now()
	i := begun(t, l, id(1))
	after := time.Now()
	if i.SendBy.Before(before.Add(30*time.Second)) || i.SendBy.After(after.Add(30*time.Second)) {
		t.Errorf("it may leave until %v, begun between %v and %v", i.SendBy, before, after)
	}
	if i.SendBy.Round(0) == i.SendBy {
		t.Error("it has no monotonic reading")
	}
}

// TestLeftSummary: the summary of a pass that could not be written is entered by the next opening.
func TestLeftSummary(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{})
	l.Report(store.Progress{Pass: "p", Mode: "run", Found: 1})
	owner(t, d, "revoke insert on acsync.runs from acsync")
	if err := l.Commit(store.Batch{Run: &store.Run{Pass: "p", Found: 2, Ended: noon}}); err == nil {
		t.Fatal("the summary was written")
	}
	wantError(t, l.Commit(store.Batch{Checkpoint: noon.Add(time.Hour)}), l.Room()) // nothing is written any more
	must(t, l.Close())
	owner(t, d, "grant insert on acsync.runs to acsync")
	l = opened(t, d, "acme", Options{Timeout: -1})
	runs, err := l.Runs(0)
	must(t, err)
	if len(runs) != 1 || runs[0].Killed || runs[0].Found != 2 {
		t.Errorf("the runs are %+v", runs)
	}
	wantSame(t, infoOf(t, l).Unsure, time.Time{})
}

// TestQueue: those who wait are told in the order in which they came, until they leave.
func TestQueue(t *testing.T) {
	d := created(t, Options{})
	first, second := d.NewQueue("acme", "run"), d.NewQueue("acme", "backfill")
	if first.Other() {
		t.Error("somebody waits before anybody has said so")
	}
	first.Wait()
	second.Wait()
	first.Wait()
	if first.Other() || !second.Other() {
		t.Error("the first of the queue is not the first that came")
	}
	list, err := d.Waiters(context.Background(), "acme")
	must(t, err)
	if len(list) != 2 || list[0].Mode != "run" || list[1].Mode != "backfill" {
		t.Errorf("the waiters are %v", list)
	}
	others, err := d.Waiters(context.Background(), "other")
	must(t, err)
	wantSame(t, len(others), 0)
	first.Leave()
	if second.Other() {
		t.Error("who has left is before the second yet")
	}
	owner(t, d, "update acsync.waiters set at = clock_timestamp() - interval '11 seconds'")
	if d.NewQueue("acme", "run").Other() {
		t.Error("who has said nothing for long waits yet")
	}
}
