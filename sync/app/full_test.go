package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
)

// TestDiskFull lets the ledger's disk become full at several moments of a pass. The pass fails, each answer finds its place,
// and so does the summary; with space again the next one goes on without asking anybody twice.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	if size := os.Getpagesize(); size != 4096 {
		t.Skipf("how much a file takes is measured for pages of 4096 bytes, not %d", size)
	}
	var before, amid int // passes that failed before anything was sent, and later
	// keys that fill the file, all but the reserve and a little
	for _, used := range []int{2000, 2500, 3500} {
		t.Run(fmt.Sprint(used), func(t *testing.T) {
			d := newDisk(t)
			d.room(t)
			d.fill(t, used)
			result, err := d.pass(t, d.size(t))
			switch sent := len(d.stand.Requests()); {
			case err == nil:
			case tenant.ExitCode(result, err) != int(exit.Failed):
				t.Errorf("exit code %d (%v), want %d", tenant.ExitCode(result, err), err, exit.Failed)
			case sent == 0:
				before++
			default:
				amid++
			}
			d.wantRemembered(t, result)
			if result, err = d.pass(t, 0); err != nil {
				t.Errorf("with space again: exit code %d (%v)", tenant.ExitCode(result, err), err)
			}
			d.wantRemembered(t, result)
		})
	}
	if before == 0 || amid == 0 {
		t.Errorf("the disk was full %d times before anything was sent, and %d times later; choose sizes that show both", before, amid)
	}
}

// disk is a tenant whose ledger may not grow.
type disk struct {
	*tenant.Tenant
	stand *sandbox.Sandbox
}

func newDisk(t *testing.T) disk {
	t.Helper()
	now := time.Now()
	const plenty = 60_000
	stand, err := sandbox.Start(sandbox.Options{Busy: 75 * time.Minute, Now: func() time.Time { return now }, RequestsPerMinute: plenty})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg, err := config.Load(config.Source{Override: func(cfg *config.Config) { pointAt(cfg, stand) }})
	if err != nil {
		t.Fatal(err)
	}
	cfg.AgentConnect.RequestsPerMinute = plenty
	cfg.Ledger.Path = filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(cfg.Ledger.Path, stand.Start(), bolt.Options{Tenant: cfg.Accounts()}); err != nil {
		t.Fatal(err)
	}
	return disk{&tenant.Tenant{Config: cfg, Name: "sandbox"}, stand}
}

// ledgerOf opens the ledger, to grow to a size at most; 0 is no limit.
func (d disk) ledgerOf(t *testing.T, most int) *bolt.Ledger {
	t.Helper()
	settings := d.Config.AgentConnect
	ledger, err := bolt.Open(d.Config.Ledger.Path, bolt.Options{
		MaxSize: most, Tenant: d.Config.Accounts(), Credential: settings.APIKey.Reveal(), InFlight: settings.Concurrency,
	})
	if err != nil {
		t.Fatal(err)
	}
	return ledger
}

// fill takes up space in the file.
func (d disk) fill(t *testing.T, keys int) {
	t.Helper()
	ledger := d.ledgerOf(t, 0)
	var batch store.Batch
	for i := range keys {
		at := d.stand.Start().Add(time.Duration(i) * time.Millisecond)
		batch.Entries = append(batch.Entries, store.Entry{
			Key:    store.Key{Conversation: "filler-" + at.Format(time.RFC3339Nano)},
			Record: store.Record{State: store.Dropped, Resolution: at, At: at},
		})
	}
	if err := ledger.Commit(batch); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
}

// room asks for the reserve, as the first pass does.
func (d disk) room(t *testing.T) {
	t.Helper()
	ledger := d.ledgerOf(t, 0)
	if err := errors.Join(ledger.Room(), ledger.Close()); err != nil {
		t.Fatal(err)
	}
}

func (d disk) size(t *testing.T) int {
	t.Helper()
	stat, err := os.Stat(d.Config.Ledger.Path)
	if err != nil {
		t.Fatal(err)
	}
	return int(stat.Size())
}

// pass makes one, with a file of at most so many bytes.
func (d disk) pass(t *testing.T, most int) (surveysync.Result, error) {
	t.Helper()
	clients, err := tenant.Connect(d.Config, "test", slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ledger := d.ledgerOf(t, most)
	engine := surveysync.Engine{
		Source: clients.Kustomer, Directory: clients.Kustomer, Sender: clients.AgentConnect, Ledger: ledger, Observer: observers{},
		Options: tenant.Options(d.Config),
	}
	result, failed := engine.Run(t.Context())
	if err := ledger.Close(); err != nil {
		t.Error(err)
	}
	return result, failed
}

// wantRemembered makes sure that each request which was received is in the ledger with its answer, that none came twice, and
// that the pass is in the history as what it was.
func (d disk) wantRemembered(t *testing.T, result surveysync.Result) {
	t.Helper()
	ledger := d.ledgerOf(t, 0)
	defer ledger.Close()
	runs, err := ledger.Runs(1)
	if err != nil || len(runs) == 0 || runs[0].Pass != result.Pass || runs[0].Killed || runs[0].Exit != result.Exit {
		t.Errorf("the last pass is %+v (%v), want %s with exit code %d", runs, err, result.Pass, result.Exit)
	}
	times := map[string]int{}
	for _, request := range d.stand.Requests() {
		id := request.ExtInteractionID
		if times[id]++; times[id] > 1 {
			t.Errorf("%s was asked %d times", id, times[id])
		}
		key := store.Key{Conversation: id}
		known, err := ledger.Lookup([]store.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		switch known[key].State {
		case store.Accepted, store.Rejected:
		default:
			t.Errorf("%s was asked, and is %s in the ledger", id, known[key].State)
		}
	}
}
