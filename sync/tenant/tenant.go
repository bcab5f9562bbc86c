// Package tenant makes of one configuration all that works for it: both clients, the policy, the options of
// the engine, and the ledger. It knows no command line and no terminal: whoever serves many tenants needs it
// alone.
package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/store/postgres"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/dryrun"
	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/plan"
	"acsync/sync/verify"
)

// Tenant is whom a process works for.
type Tenant struct {
	Config config.Config
	Name   string // for headings, such as the organisation
	// Env is the environment of the command, "K=V": it says where the user's own directories are, and whether
	// this is a container.
	Env  []string
	Demo *Demo // nil: the services are real
	// the connections to the databases of ledgers; nil where no ledger is in one
	Databases *Databases
	// nil: survey requests go to customers
	Rehearsal *Rehearsal
	// in place of the network, for tests
	Dial httpx.Dial
}

// Demo is a tenant whose services are stand-ins, which forget with the process what they took. Its ledger is
// made when it is missing; that of a real tenant never is.
type Demo struct {
	Start time.Time     // where the first window of its ledger begins
	Known []store.Entry // what its ledger holds from the beginning
	// its stand-ins were told what earlier processes have sent, as its ledger has it
	Reminded bool
}

// Rehearse is the tenant as it rehearses: with the test key, and a ledger of its own. What the configuration
// lacks for that is a [config.Faults].
func (t *Tenant) Rehearse(r Rehearsal) (*Tenant, error) {
	r.real = t.Config
	cfg, err := t.Config.Rehearsal()
	return &Tenant{
		Config: cfg, Name: t.Name, Env: t.Env, Demo: t.Demo, Databases: t.Databases, Rehearsal: &r, Dial: t.Dial,
	}, err
}

// Ledgers are the paths of all ledgers of the tenant.
func (t *Tenant) Ledgers() []string {
	of := t.Config.Ledger
	if t.Rehearsal != nil {
		of = t.Rehearsal.real.Ledger
	}
	return []string{of.Path, of.Rehearsal()}
}

// Connect makes the clients of the tenant; see [Connect].
func (t *Tenant) Connect(agent string, log *slog.Logger) (*Clients, error) {
	c, err := connect(t.Config, agent, log, 0, t.Dial)
	if err == nil && t.Rehearsal != nil && t.Config.Filters.RequireActiveProfile {
		c.Profiles, err = c.agentConnect(t.Rehearsal.real, agent, log, 0)
	}
	return c, err
}

// Remembers reports whether Agent Connect's data can be asked what became of a request. Those of stand-ins
// prove nothing to the next process unless that reminds them, and whether they show those of the test key is
// not known.
func (t *Tenant) Remembers() bool {
	return (t.Demo == nil || t.Demo.Reminded) && t.Rehearsal == nil && t.Config.AgentConnect.APISecret.IsSet()
}

// Verification is how Agent Connect's data are asked about what is in doubt.
func (t *Tenant) Verification(c *Clients) verify.Verification {
	settings := t.Config.AgentConnect
	return verify.Verification{
		Receiver: c.AgentConnect, After: time.Duration(settings.VerifyAfter), Stamped: settings.Stamp,
	}
}

// PlanTerms are what a plan of the tenant is made under, and carried out under.
func (t *Tenant) PlanTerms(now time.Time) plan.Terms {
	return plan.Terms{
		Tenant: t.Config.Accounts(), Configuration: t.Config.Decisions(),
		Secret: t.Config.AgentConnect.APIKey.Reveal(), Now: now,
	}
}

// Attach gives an engine both services: a dry run what sends nothing.
func (t *Tenant) Attach(engine *surveysync.Engine, c *Clients) {
	engine.Source, engine.Directory, engine.Sender = c.Kustomer, c.Kustomer, c.AgentConnect
	if t.Remembers() {
		engine.Receiver = c.AgentConnect
	}
	if t.Config.Filters.RequireActiveProfile {
		engine.Profiles = c.Profiles
	}
	if engine.Options.DryRun {
		engine.Sender = dryrun.Sender{}
	}
}

// keeping is how the ledger is kept.
func (t *Tenant) keeping() keeping {
	if t.Config.Ledger.InDatabase() {
		return database{t}
	}
	return file{t}
}

// Where names the ledger in messages.
func (t *Tenant) Where() string { return t.keeping().where() }

// Made reports whether there is a ledger; what cannot be told counts as one.
func (t *Tenant) Made() bool { return t.keeping().made() }

// WitnessDir is where the second witness of the ledger is kept; empty where there is none.
func (t *Tenant) WitnessDir() string { return newPlace(t.Config.Ledger, t.Env).Witness }

// Abandoned reports whether there is no ledger, but was one.
func (t *Tenant) Abandoned() bool { return t.keeping().abandoned() }

// Holder tells who has the ledger open for writing, or had it last and did not let go of it, without opening
// it; fs.ErrNotExist is nobody. Holds reports whether it is known that it has it still: of a file only the
// lock tells.
func (t *Tenant) Holder() (h store.Holder, holds bool, err error) { return t.keeping().holder() }

// Waiters tells who waits for the ledger, by their own word, those who came first before the others.
func (t *Tenant) Waiters() ([]store.Waiter, error) { return t.keeping().waiters() }

// Queue is this process's place among those that wait for the ledger, and has not said yet that it waits.
// Mode is the name of its command.
func (t *Tenant) Queue(mode string) Queue { return t.keeping().queue(mode) }

// Paused tells whether unattended passes are not to be made, and why; nil where they are.
func (t *Tenant) Paused() (*Pause, error) { return t.keeping().paused() }

// Pause lets unattended passes be skipped from now on. It survives the process, and counts wherever the
// ledger is used. Until is the digest of the configuration that passes cannot work with; empty where a person
// has said so.
func (t *Tenant) Pause(reason, until string) error {
	return t.keeping().pause(Pause{reason, time.Now().UTC().Truncate(time.Second), until})
}

// Database is the connections to the database that keeps the ledger; nil where that is a file.
func (t *Tenant) Database(ctx context.Context) (*postgres.Database, error) {
	if !t.Config.Ledger.InDatabase() {
		return nil, nil
	}
	return t.Databases.Connect(ctx, t.Config.Ledger.URL.Reveal())
}

// Resume lets unattended passes be made again.
func (t *Tenant) Resume() error { return t.keeping().resume() }

// CreateLedger makes the ledger, whose first window begins at start. One that is to be filled is refused to
// all but a rebuild, until that has succeeded.
func (t *Tenant) CreateLedger(start time.Time, toBeFilled bool) error {
	return t.keeping().create(start, toBeFilled)
}

// ErrUnmade is a ledger of a demonstration or of rehearsals before its first pass. It is [store.ErrMissing].
var ErrUnmade = exit.Advise(fmt.Errorf("%w of the sandbox yet", store.ErrMissing),
	"acsync run makes it", "start")

// Open opens the ledger as it is.
func (t *Tenant) Open(a Access) (Ledger, error) {
	keeping := t.keeping()
	ledger, err := keeping.open(a)
	if err != nil {
		return nil, keeping.advise(t.afresh(err))
	}
	return ledger, nil
}

// Compact rewrites the ledger without the space that it does not use.
func (t *Tenant) Compact() error {
	if t.Config.Ledger.InDatabase() {
		return database{t}.aFileAlone("a database makes use of its unused space by itself (autovacuum)")
	}
	return t.afresh(file{t}.compact())
}

// afresh replaces the advice about a ledger that cannot be used, if it is of a demonstration or of
// rehearsals: nobody real was asked, so that there is nothing to put back or to learn.
func (t *Tenant) afresh(err error) error {
	if err == nil || t.Demo == nil && t.Rehearsal == nil {
		return err
	}
	missing := errors.Is(err, store.ErrMissing)
	if missing && !t.Abandoned() {
		return ErrUnmade
	}
	// Without the advice, which is about the real one.
	cause := cmp.Or(errors.Unwrap(err), err)
	if !strings.HasPrefix(cause.Error(), t.Where()+": ") {
		cause = fmt.Errorf("%s: %w", t.Where(), cause)
	}
	if t.Rehearsal != nil {
		return t.Rehearsal.afresh(cause, err)
	}
	if missing || errors.Is(err, store.ErrRolledBack) || errors.Is(err, store.ErrDamaged) {
		return fmt.Errorf("%w. It is of the sandbox, and nobody real was asked: remove it and its "+
			"fence, and acsync run makes another", cause)
	}
	return err
}

// OpenLedger opens the ledger for a pass.
func (t *Tenant) OpenLedger() (Ledger, error) {
	if err := t.restart(); err != nil {
		return nil, err
	}
	ledger, err := t.Open(Access{})
	if !errors.Is(err, ErrUnmade) {
		return ledger, err
	}
	var first Demo
	if t.Demo != nil {
		first = *t.Demo
		if err := os.MkdirAll(filepath.Dir(t.Config.Ledger.Path), 0o700); err != nil {
			return nil, fmt.Errorf("make a place for the sandbox's ledger: %w", err)
		}
	}
	if t.Rehearsal != nil {
		first = Demo{Start: t.Rehearsal.Start}
	}
	if err := t.CreateLedger(first.Start, false); err != nil {
		return nil, err
	}
	if ledger, err = t.Open(Access{}); err != nil {
		return nil, err
	}
	if err := ledger.Commit(store.Batch{Entries: first.Known}); err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	return ledger, nil
}

// restart takes the ledger of the rehearsals before away.
func (t *Tenant) restart() error {
	if t.Rehearsal == nil || !t.Rehearsal.Restart {
		return nil
	}
	err := t.keeping().discard()
	if errors.Is(err, store.ErrMissing) && !t.Abandoned() {
		return nil
	}
	return t.afresh(err)
}

// NeedLedger makes sure that there is a ledger, without which a plan means nothing. Whatever is wrong with
// one is found when it is opened.
func (t *Tenant) NeedLedger() error {
	if t.Made() {
		return nil
	}
	ledger, err := t.OpenLedger()
	if err != nil {
		return err
	}
	return ledger.Close()
}

// ReadLedger opens the ledger for reading alone; a demonstration's that is not made yet is what it would
// hold.
func (t *Tenant) ReadLedger() (dryrun.ReadLedger, func() error, error) {
	ledger, err := t.Open(Access{ReadOnly: true})
	if errors.Is(err, ErrUnmade) {
		return dryrun.None{Start: t.Demo.Start, Known: t.Demo.Known}, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	// One in a database is read while another process has it.
	if _, holds, err := t.Holder(); err == nil && holds {
		return dryrun.Beside{ReadLedger: ledger}, ledger.Close, nil
	}
	return ledger, ledger.Close, nil
}

// Backups lets the passes of a ledger keep backups of it; nil for a tenant that wants none, and where
// nobody real is asked.
func (t *Tenant) Backups(shared *Shared) surveysync.Backups { return file{t}.backups(shared) }

// ListBackups gives the backups that there are of a ledger, the newest first.
func (t *Tenant) ListBackups(id string, now time.Time) ([]bolt.Backup, error) {
	return file{t}.listBackups(id, now)
}

// CopyLedger writes a checked copy of an open ledger to a path, where nothing is yet.
func (t *Tenant) CopyLedger(ledger Ledger, path string) error {
	if t.Config.Ledger.InDatabase() {
		return database{t}.aFileAlone("back up the database, as with pg_basebackup and its write-ahead log, or pg_dump")
	}
	return ledger.(copied).Backup(path)
}

// NewRestoration looks at a copy that is to be put in the place of the ledger, and changes nothing.
func (t *Tenant) NewRestoration(path string, a Access) (*bolt.Restoration, error) {
	if t.Config.Ledger.InDatabase() {
		return nil, database{t}.aFileAlone("restore the database by its own means: the passes find out that it was " +
			"put back, and send nothing until Agent Connect's data agree")
	}
	return file{t}.restoration(path, a)
}

// Wipe takes what was erased from an open ledger out of its unused parts too. The ledger must be closed then,
// and nothing else.
func (t *Tenant) Wipe(ledger Ledger) error {
	// There the database itself overwrites them in time.
	if t.Config.Ledger.InDatabase() {
		return nil
	}
	return ledger.(copied).Wipe()
}
