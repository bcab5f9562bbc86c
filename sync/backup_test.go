package sync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
	"acsync/sync/rebuild"
)

// TestBackupsOfALongBackfill makes a back-fill that takes six days, of which each leaves a backup between two windows. Each
// of these is sound, and with it in the place of the lost ledger nobody is asked twice.
func TestBackupsOfALongBackfill(t *testing.T) {
	fileOnly(t)
	synctest.Test(t, func(t *testing.T) {
		const perRequest = 3 * time.Hour
		b := newBench(t, 48)
		b.engine.Reach = fetch.PageLimits{Page: 4, Target: 3, Rows: 80, Pages: 20}
		b.engine.Options.Concurrency = 1
		dir := t.TempDir()
		b.engine.Backups = bolt.NewBackups(b.ledger.(bolt.Original), dir, 10)
		var shows shown
		b.answer = func(r agentconnect.Request) agentconnect.Answer {
			time.Sleep(perRequest)
			shows.rows = append(shows.rows, received(r, len(shows.rows)))
			return taken()
		}
		b.backfill(testNow.Add(-2*time.Hour), testNow.Add(-time.Hour+time.Millisecond))
		if result := b.mustRun(t); result.Counts[store.Accepted] != 48 || len(result.Notices) > 0 {
			t.Fatalf("got %+v", result)
		}
		info, err := b.ledger.Info()
		if err != nil {
			t.Fatal(err)
		}
		list, err := bolt.ListBackups(dir, info.ID, time.Now())
		if err != nil || len(list) < 5 || len(list) > 7 {
			t.Fatalf("%d backups of six days (%v)", len(list), err)
		}
		fence := files(t, b.path, []string{".fence"})
		lacking := 0
		for n, backup := range list {
			if n > 0 && list[n-1].Made.Sub(backup.Made) < 24*time.Hour {
				t.Errorf("%s and %s are of one day", list[n-1].Path, backup.Path)
			}
			lacking += b.restore(t, backup, fence, &shows)
		}
		if lacking < 100 {
			t.Errorf("the backups lack %d together: the test shows little", lacking)
		}
		for id, times := range b.times() {
			if times != 1 {
				t.Errorf("%s was asked %d times", id, times)
			}
		}
	})
}

// received is how Agent Connect's data show a request.
func received(r agentconnect.Request, n int) agentconnect.Interaction {
	return agentconnect.Interaction{
		UUID: fmt.Sprintf("uuid-%d", n), ExtInteractionID: r.ExtInteractionID, CreatedAt: time.Now(),
		Intent: r.CustomProperties["acsync_intent"],
	}
}

// restore puts a backup in the place of a lost ledger, lets the back-fill and the passes go on with it, and tells how many
// it did not know of.
func (b *bench) restore(t *testing.T, backup bolt.Backup, fence map[string][]byte, shows *shown) (lacking int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acsync.db")
	putBack(t, path, fence)
	r, err := bolt.NewRestoration(path, backup.Path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Place(); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path, bolt.Options{}); !errors.Is(err, store.ErrRolledBack) {
		t.Errorf("%s: error %v", backup.Path, err)
	}
	ledger, err := bolt.Open(path, bolt.Options{AcceptFence: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(ledger.Check(context.Background()), ledger.Close()); err != nil {
			t.Errorf("%s: %v", backup.Path, err)
		}
	}()
	done, err := rebuild.Run(t.Context(), ledger, shows, rebuild.Options{Stamped: true})
	if err != nil {
		t.Fatal(err)
	}
	again := *b.engine
	again.Ledger, again.Backups, again.Receiver = ledger, nil, shows
	for _, over := range []fetch.Window{again.Options.Range, {}} {
		again.Options.Range = over
		if result, err := again.Run(t.Context()); err != nil || result.Counts[store.Accepted] > 0 {
			t.Errorf("%s: %+v (%v)", backup.Path, result, err)
		}
	}
	return done.Written
}

// keeper is asked to keep backups.
type keeper struct {
	asked atomic.Int32
	err   error
}

func (k *keeper) Keep(time.Time) error {
	k.asked.Add(1)
	return k.err
}

// TestBackupsThatFail loses no conversation by them, says so once, and keeps the exit code that the pass has. A short pass
// makes one at its end alone, with all that it has done.
func TestBackupsThatFail(t *testing.T) {
	fileOnly(t)
	for name, perRequest := range map[string]time.Duration{"short": time.Minute, "long": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 20)
				b.engine.Reach = fetch.PageLimits{Page: 4, Target: 3, Rows: 80, Pages: 20}
				k := &keeper{err: os.ErrPermission}
				b.engine.Backups = k
				b.answer = func(agentconnect.Request) agentconnect.Answer { time.Sleep(perRequest); return taken() }
				result := b.mustRun(t)
				if asked := k.asked.Load(); result.Counts[store.Accepted] != 20 || (asked > 1) != (name == "long") || asked == 0 {
					t.Errorf("asked %d times, %+v", asked, result)
				}
				if len(result.Notices) != 1 || !strings.Contains(result.Notices[0], "no backup of the ledger was made (ledger.backup_dir): permission denied") {
					t.Errorf("notices: %q", result.Notices)
				}
			})
		})
	}
}

// TestNoBackups are made by a dry run, of a ledger that was refused, and when somebody waits for the end of the pass.
func TestNoBackups(t *testing.T) {
	fileOnly(t)
	for name, arrange := range map[string]func(b *bench, stop context.CancelFunc){
		"dry run": func(b *bench, _ context.CancelFunc) {
			b.engine.Ledger, b.engine.Options.DryRun = &dryrun.Ledger{ReadLedger: b.ledger}, true
		},
		"refused": func(b *bench, _ context.CancelFunc) {
			info, _ := b.ledger.Info()
			b.engine.Receiver = &shown{rows: []agentconnect.Interaction{{
				UUID: "u", ExtInteractionID: b.conversations[0].ID, CreatedAt: time.Now(), Intent: info.ID + "-9",
			}}}
		},
		"stopped": func(b *bench, stop context.CancelFunc) {
			b.backfill(testNow.Add(-90*time.Minute), testNow.Add(-30*time.Minute)) // one window
			b.answer = func(agentconnect.Request) agentconnect.Answer { stop(); return taken() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 5)
			k := &keeper{}
			b.engine.Backups = k
			ctx, stop := context.WithCancel(t.Context())
			arrange(b, stop)
			_, err := b.engine.Run(ctx)
			if k.asked.Load() > 0 || (err == nil) != (name == "dry run") {
				t.Errorf("asked %d times, error %v", k.asked.Load(), err)
			}
		})
	}
}
