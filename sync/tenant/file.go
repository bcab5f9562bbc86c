package tenant

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
)

// file keeps the ledger of a tenant in a file of its own.
type file struct{ *Tenant }

// copied is a ledger that is a file.
type copied interface {
	bolt.Original
	Backup(path string) error
	Wipe() error
}

func (f file) path() string { return f.Config.Ledger.Path }

func (f file) where() string { return f.path() }

func (f file) made() bool {
	_, err := os.Lstat(f.path())
	return !errors.Is(err, fs.ErrNotExist)
}

// options are what the configuration says of the ledger, and what a command asks.
func (f file) options(a Access) bolt.Options {
	o := bolt.Options{
		ReadOnly: a.ReadOnly, AcceptFence: a.AcceptRestored, AcceptTenant: a.AcceptTenant,
		AcceptCredential: a.AcceptKey, AcceptMove: a.AcceptMove,
		AllowNetwork: f.Config.Ledger.AllowNetwork, Tenant: f.Config.Accounts(),
		Credential: f.Config.AgentConnect.APIKey.Reveal(), Place: f.place(),
		Rehearsal: f.Rehearsal != nil, TestCredential: f.Config.AgentConnect.TestAPIKey.Reveal(),
		InFlight: f.Config.AgentConnect.Concurrency,
	}
	if a.Once {
		o.Timeout = -1
	}
	return o
}

// place is where the ledger is used. Those of a demonstration and of rehearsals ask no customer, and are
// bound to none.
func (f file) place() *bolt.Place {
	if f.Demo != nil || f.Rehearsal != nil {
		return nil
	}
	return newPlace(f.Config.Ledger, f.Env)
}

func (f file) open(a Access) (Ledger, error) {
	ledger, err := bolt.Open(f.path(), f.options(a))
	if err != nil {
		return nil, err
	}
	return ledger, nil
}

func (f file) create(start time.Time, toBeFilled bool) error {
	o := bolt.Options{
		AllowNetwork: f.Config.Ledger.AllowNetwork, Identity: store.Identity(f.Config.Sync.SurveyPer),
		Rehearsal: f.Rehearsal != nil, Distrusted: toBeFilled, Place: f.place(),
	}
	// Accounts that are not complete may still change; then the first pass binds the ledger.
	if f.Config.Ready() == nil {
		o.Tenant = f.Config.Accounts()
	}
	return bolt.Create(f.path(), start, o)
}

func (f file) discard() error { return bolt.Discard(f.path(), f.options(Access{})) }

func (f file) compact() error { return bolt.Compact(f.path(), f.options(Access{})) }

func (f file) abandoned() bool { return bolt.Abandoned(f.path(), f.place()) }

// holder cannot tell whether whoever has said so last still holds it: the lock of the file does.
func (f file) holder() (store.Holder, bool, error) {
	h, err := bolt.ReadHolder(f.path())
	return h, false, err
}

func (f file) waiters() ([]store.Waiter, error) { return bolt.ReadWaiters(f.path()) }

func (f file) queue(mode string) Queue { return bolt.NewQueue(f.path(), mode) }

func (f file) restoration(path string, a Access) (*bolt.Restoration, error) {
	return bolt.NewRestoration(f.path(), path, f.options(a))
}

// advise names the newest backup.
func (f file) advise(err error) error {
	lost := errors.Is(err, store.ErrMissing) || errors.Is(err, store.ErrDamaged) ||
		errors.Is(err, store.ErrRolledBack)
	id := bolt.FencedID(f.path())
	if !lost || id == "" {
		return err
	}
	now := time.Now()
	list, unread := f.listBackups(id, now)
	if unread != nil || bolt.Newest(list, now).IsZero() {
		return err
	}
	return fmt.Errorf("%w. The newest backup is %s", err, list[0].Path)
}

// backups copies whatever ledger the pass has open at the time.
func (f file) backups(shared *Shared) surveysync.Backups {
	dir := f.backupDir()
	if dir == "" {
		return nil
	}
	return bolt.NewBackups(original{shared}, dir, f.Config.Ledger.BackupKeep)
}

func (f file) listBackups(id string, now time.Time) ([]bolt.Backup, error) {
	dir := f.backupDir()
	if dir == "" {
		return nil, nil
	}
	return bolt.ListBackups(dir, id, now)
}

// backupDir is where backups are kept; empty where none are wanted, or nobody real is asked.
func (f file) backupDir() string {
	if f.Demo != nil || f.Rehearsal != nil || f.Config.Ledger.InDatabase() {
		return ""
	}
	return f.Config.Ledger.BackupDir
}

// original is the ledger of which backups are made.
type original struct{ *Shared }

// Backup copies the ledger that is open now.
func (o original) Backup(path string) error { return o.Ledger.(copied).Backup(path) }

func (f file) pauseFile() pauseFile { return pauseFile(f.path() + ".paused") }

func (f file) paused() (*Pause, error) { return f.pauseFile().read() }
func (f file) pause(p Pause) error     { return f.pauseFile().write(p) }
func (f file) resume() error           { return f.pauseFile().remove() }
