// Package tenant makes of one configuration all that works for it: both clients, the policy, the options of
// the engine, and the ledger. It knows no command line and no terminal: whoever serves many tenants needs it
// alone.
package tenant

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/dryrun"
	"acsync/sync/exit"
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
	// nil: survey requests go to customers
	Rehearsal *Rehearsal
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
	return &Tenant{Config: cfg, Name: t.Name, Env: t.Env, Demo: t.Demo, Rehearsal: &r}, err
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
	c, err := Connect(t.Config, agent, log)
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

// LedgerOptions adds to options what the configuration says of the ledger.
func (t *Tenant) LedgerOptions(o bolt.Options) bolt.Options {
	o.AllowNetwork, o.Tenant = t.Config.Ledger.AllowNetwork, t.Config.Accounts()
	o.Credential, o.Place = t.Config.AgentConnect.APIKey.Reveal(), t.place()
	o.Rehearsal, o.TestCredential = t.Rehearsal != nil, t.Config.AgentConnect.TestAPIKey.Reveal()
	o.InFlight = t.Config.AgentConnect.Concurrency
	return o
}

// place is where the ledger is used. Those of a demonstration and of rehearsals ask no customer, and are
// bound to none.
func (t *Tenant) place() *bolt.Place {
	if t.Demo != nil || t.Rehearsal != nil {
		return nil
	}
	return newPlace(t.Config.Ledger, t.Env)
}

// WitnessDir is where the second witness of the ledger is kept; empty where there is none.
func (t *Tenant) WitnessDir() string { return newPlace(t.Config.Ledger, t.Env).Witness }

// Abandoned reports whether there is no ledger, but was one.
func (t *Tenant) Abandoned() bool { return bolt.Abandoned(t.Config.Ledger.Path, t.place()) }

// CreateLedger makes the ledger, whose first window begins at start. One that is to be filled is refused to
// all but a rebuild, until that has succeeded.
func (t *Tenant) CreateLedger(start time.Time, toBeFilled bool) error {
	o := bolt.Options{
		AllowNetwork: t.Config.Ledger.AllowNetwork, Identity: store.Identity(t.Config.Sync.SurveyPer),
		Rehearsal: t.Rehearsal != nil, Distrusted: toBeFilled, Place: t.place(),
	}
	// Accounts that are not complete may still change; then the first pass binds the ledger.
	if t.Config.Ready() == nil {
		o.Tenant = t.Config.Accounts()
	}
	return bolt.Create(t.Config.Ledger.Path, start, o)
}

// ErrUnmade is a ledger of a demonstration or of rehearsals before its first pass. It is [store.ErrMissing].
var ErrUnmade = exit.Advise(fmt.Errorf("%w of the sandbox yet", store.ErrMissing),
	"acsync run makes it", "start")

// Open opens the ledger as it is.
func (t *Tenant) Open(o bolt.Options) (*bolt.Ledger, error) {
	ledger, err := bolt.Open(t.Config.Ledger.Path, t.LedgerOptions(o))
	return ledger, t.nameBackup(t.afresh(err))
}

// nameBackup adds to the error of a ledger that is to be restored what it can be restored from.
func (t *Tenant) nameBackup(err error) error {
	lost := errors.Is(err, store.ErrMissing) || errors.Is(err, store.ErrDamaged) ||
		errors.Is(err, store.ErrRolledBack)
	id := bolt.FencedID(t.Config.Ledger.Path)
	if !lost || id == "" {
		return err
	}
	now := time.Now()
	list, unread := t.ListBackups(id, now)
	if unread != nil || bolt.Newest(list, now).IsZero() {
		return err
	}
	return fmt.Errorf("%w. The newest backup is %s", err, list[0].Path)
}

// Compact rewrites the ledger without the space that it does not use.
func (t *Tenant) Compact() error {
	return t.afresh(bolt.Compact(t.Config.Ledger.Path, t.LedgerOptions(bolt.Options{})))
}

// afresh replaces the advice about a ledger that cannot be used, if it is of a demonstration or of
// rehearsals: nobody real was asked, so that there is nothing to put back or to learn.
func (t *Tenant) afresh(err error) error {
	if t.Demo == nil && t.Rehearsal == nil {
		return err
	}
	missing := errors.Is(err, store.ErrMissing)
	if missing && !t.Abandoned() {
		return ErrUnmade
	}
	cause := cmp.Or(errors.Unwrap(err), err)
	if t.Rehearsal != nil {
		return t.Rehearsal.afresh(t.Config.Ledger.Path, cause, err)
	}
	if missing || errors.Is(err, store.ErrRolledBack) || errors.Is(err, store.ErrDamaged) {
		return fmt.Errorf("%s: %w. It is of the sandbox, and nobody real was asked: remove it and its "+
			"fence, and acsync run makes another", t.Config.Ledger.Path, cause)
	}
	return err
}

// OpenLedger opens the ledger for a pass.
func (t *Tenant) OpenLedger() (*bolt.Ledger, error) {
	if err := t.restart(); err != nil {
		return nil, err
	}
	ledger, err := t.Open(bolt.Options{})
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
	if ledger, err = t.Open(bolt.Options{}); err != nil {
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
	err := bolt.Discard(t.Config.Ledger.Path, t.LedgerOptions(bolt.Options{}))
	if errors.Is(err, store.ErrMissing) && !t.Abandoned() {
		return nil
	}
	return t.afresh(err)
}

// NeedLedger makes sure that there is a ledger, without which a plan means nothing. Whatever is wrong with
// one is found when it is opened.
func (t *Tenant) NeedLedger() error {
	if _, err := os.Stat(t.Config.Ledger.Path); !errors.Is(err, os.ErrNotExist) {
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
	ledger, err := t.Open(bolt.Options{ReadOnly: true})
	if errors.Is(err, ErrUnmade) {
		return dryrun.None{Start: t.Demo.Start, Known: t.Demo.Known}, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return ledger, ledger.Close, nil
}

// Backups lets the passes of a ledger keep backups of it; nil for a tenant that wants none, and where
// nobody real is asked.
func (t *Tenant) Backups(ledger bolt.Original) surveysync.Backups {
	dir := t.backupDir()
	if dir == "" {
		return nil
	}
	return bolt.NewBackups(ledger, dir, t.Config.Ledger.BackupKeep)
}

// ListBackups gives the backups that there are of a ledger, the newest first.
func (t *Tenant) ListBackups(id string, now time.Time) ([]bolt.Backup, error) {
	dir := t.backupDir()
	if dir == "" {
		return nil, nil
	}
	return bolt.ListBackups(dir, id, now)
}

// backupDir is where backups are kept; empty where none are wanted, or nobody real is asked.
func (t *Tenant) backupDir() string {
	if t.Demo != nil || t.Rehearsal != nil {
		return ""
	}
	return t.Config.Ledger.BackupDir
}
