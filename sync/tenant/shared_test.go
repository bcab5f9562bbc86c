package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
)

// borrow is a ledger that a back-fill shares, and the place of another process that waits for it.
type borrow struct {
	tenant *Tenant
	shared *Shared
	heart  *Heartbeat
	other  Queue
}

func newBorrow(t *testing.T, a Access) *borrow {
	t.Helper()
	b := &borrow{tenant: &Tenant{Config: config.Default()}}
	b.tenant.Config.Ledger.Path = filepath.Join(t.TempDir(), "acsync.db")
	if err := b.tenant.CreateLedger(time.Now().Add(-time.Hour), false); err != nil {
		t.Fatal(err)
	}
	b.other = b.tenant.Queue("run")
	ledger, err := b.tenant.Open(a)
	if err != nil {
		t.Fatal(err)
	}
	if !a.ReadOnly {
		b.heart = StartHeartbeat(ledger, "backfill", nil)
		b.heart.Tell(func() StatusReader {
			opened := time.Now()
			return func(store.Run) json.RawMessage {
				text, _ := json.Marshal(opened)
				return text
			}
		})
	}
	b.shared = b.tenant.Share(ledger, "backfill", a, b.heart)
	return b
}

func (b *borrow) close(t *testing.T) {
	t.Helper()
	end := b.shared.Close
	if b.heart != nil {
		end = b.heart.Before(end)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

func (b *borrow) yield(ctx context.Context) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- b.shared.Yield(ctx) }()
	return ended
}

// between is a while that ends between two tries of a pass that waits: of two that write at the very same
// instant, as they easily do in virtual time, the word of one is lost until its next try.
const between = 5*time.Second + askAgainEvery/2

// TestShared lets another have the ledger, for writing and in a dry run, and says meanwhile that it waits
// itself.
func TestShared(t *testing.T) {
	for name, o := range map[string]Access{"writing": {}, "dry run": {ReadOnly: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBorrow(t, o)
				defer b.close(t)
				if b.shared.Wanted() {
					t.Error("nobody waits yet")
				}
				b.other.Wait()
				if !b.shared.Wanted() {
					t.Error("somebody waits, and it does not see that")
				}
				if b.heart != nil {
					b.heart.Observe(surveysync.PassStarted{Pass: "p", Mode: "backfill"})
					b.heart.Observe(surveysync.Disposed{Row: surveysync.Row{State: store.Accepted}})
				}
				ended := b.yield(t.Context())
				synctest.Wait()
				ledger, err := b.tenant.Open(Access{Once: true})
				if err != nil {
					t.Fatal(err)
				}
				b.other.Leave()
				time.Sleep(between)
				if w, err := b.tenant.Waiters(); err != nil || len(w) != 1 || w[0].Mode != "backfill" || !b.shared.Away() {
					t.Errorf("%v (%v) waits for its turn", w, err)
				}
				// A second one that waits meanwhile comes after it.
				b.other.Wait()
				if w, err := b.tenant.Waiters(); err != nil || len(w) != 2 || w[0].Mode != "backfill" {
					t.Errorf("%v (%v) wait for their turn", w, err)
				}
				if err := ledger.Close(); err != nil {
					t.Fatal(err)
				}
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				if _, err := b.shared.Info(); err != nil || b.shared.Away() {
					t.Errorf("it is away after its turn (%v)", err)
				}
				if w, err := b.tenant.Waiters(); err != nil || len(w) != 1 || w[0].Mode != "run" {
					t.Errorf("%v (%v) wait, want the second alone", w, err)
				}
				if b.heart == nil {
					return
				}
				time.Sleep(HeartbeatEvery)
				synctest.Wait()
				h, _, err := b.tenant.Holder()
				if err != nil || h.Pass != "p" || h.Accepted != 1 || h.AcceptedBefore != 1 || len(h.Status) == 0 {
					t.Errorf("it tells others %+v (%v)", h, err)
				}
			})
		})
	}
}

// TestSharedWithSeveral takes the ledger again when all have had it that waited before, and not the first of
// them alone.
func TestSharedWithSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBorrow(t, Access{})
		defer b.close(t)
		second := b.tenant.Queue("report")
		b.other.Wait()
		second.Wait()
		ended := b.yield(t.Context())
		synctest.Wait()
		time.Sleep(between)
		b.other.Leave()
		second.Wait()
		time.Sleep(between - askAgainEvery/2)
		synctest.Wait()
		if w, err := b.tenant.Waiters(); !b.shared.Away() || err != nil || len(w) != 2 || w[0].Mode != "report" {
			t.Errorf("%v (%v) wait, want the second before the pass; away: %t", w, err, b.shared.Away())
		}
		b.other.Wait() // it comes back, and behind the pass
		second.Leave()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		b.other.Leave()
	})
}

// TestSharedWithAWaiterThatIsGone goes on when the word of the waiter has grown stale.
func TestSharedWithAWaiterThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBorrow(t, Access{})
		defer b.close(t)
		b.other.Wait()
		began := time.Now()
		if err := b.shared.Yield(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("a process that is gone has held it up for %s", took)
		}
	})
}

// TestSharedIsStopped ends the waiting with the context: with the ledger where that is free, and else
// without.
func TestSharedIsStopped(t *testing.T) {
	stop := errors.New("SIGTERM")
	for name, held := range map[string]bool{"free": false, "held": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBorrow(t, Access{})
				defer b.close(t)
				b.other.Wait()
				ctx, cancel := context.WithCancelCause(t.Context())
				ended := b.yield(ctx)
				synctest.Wait()
				if held {
					ledger, err := b.tenant.Open(Access{Once: true})
					if err != nil {
						t.Fatal(err)
					}
					defer ledger.Close()
				}
				cancel(stop)
				if err := <-ended; !errors.Is(err, stop) {
					t.Errorf("error %v", err)
				}
				if _, err := b.shared.Info(); (err != nil) != held {
					t.Errorf("the ledger: %v", err)
				}
			})
		})
	}
}
