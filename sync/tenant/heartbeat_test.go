package tenant

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/fetch"
)

var ten = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// told remembers what was reported.
type told struct {
	mu   sync.Mutex
	list []store.Progress
}

func (r *told) Info() (store.Info, error) { return store.Info{Checkpoint: ten}, nil }

func (r *told) Report(p store.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, p)
}

func (r *told) last() (store.Progress, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list[len(r.list)-1], len(r.list)
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := &told{}
		var waits atomic.Bool
		p := StartHeartbeat(ledger, "run", func(time.Time) string {
			if waits.Load() {
				return "Agent Connect"
			}
			return ""
		})
		synctest.Wait()
		got, _ := ledger.last()
		if d := cmp.Diff(store.Progress{Mode: "run", Checkpoint: ten}, got); d != "" {
			t.Errorf("before the pass (-want +got):\n%s", d)
		}
		window := fetch.Window{From: ten, To: ten.Add(time.Hour)}
		p.Observe(surveysync.PassStarted{Pass: "p1", Mode: "run", Window: window, Due: 2})
		p.Observe(surveysync.WindowRead{Window: fetch.Window{From: ten, To: ten.Add(time.Minute)}, Found: 5, Send: 3})
		for _, state := range []store.State{store.Accepted, store.Accepted, store.Rejected, store.InDoubt, store.Skipped, store.Retry} {
			p.Observe(surveysync.Disposed{Row: surveysync.Row{State: state}})
		}
		p.Observe(surveysync.WindowRecorded{Checkpoint: ten.Add(time.Minute)})
		waits.Store(true)
		time.Sleep(HeartbeatEvery)
		synctest.Wait()
		got, _ = ledger.last()
		if d := cmp.Diff(store.Progress{
			Pass: "p1", Mode: "run", From: window.From, To: window.To, Read: ten.Add(time.Minute), Checkpoint: ten.Add(time.Minute),
			Found: 7, Done: 6, Accepted: 2, Rejected: 1, InDoubt: 1, Skipped: 1, WaitingFor: "Agent Connect",
			Began: got.Began, Moved: got.Began,
		}, got); d != "" {
			t.Errorf("in the pass (-want +got):\n%s", d)
		}
		// It goes on while nothing happens, so that silence means something, and ends before the ledger is
		// closed.
		time.Sleep(10 * HeartbeatEvery)
		synctest.Wait()
		_, before := ledger.last()
		if before < 10 {
			t.Errorf("%d reports in %s, want one every %s", before, 11*HeartbeatEvery, HeartbeatEvery)
		}
		if err := p.Before(func() error { return nil })(); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * HeartbeatEvery)
		if _, after := ledger.last(); after != before {
			t.Error("it reports on a ledger that is closed")
		}
	})
}
