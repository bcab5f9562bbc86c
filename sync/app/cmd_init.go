package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/rebuild"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

func initCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "init", Category: groupSetUp,
		Usage: "write a configuration if there is none, and create the ledger",
		UsageText: `acsync init --start now  # what was marked done before now is never asked about
acsync init --start "24h ago" --backup-dir /mnt/backup/acsync  # with a backup a day on another disk
acsync init --start 2026-11-01 --adopt  # others have asked before: whom they asked is taken over`,
		Description: `The first pass begins at --start: what was marked done before is never asked about by
run. A ledger that exists is never touched. No other command creates one: a lost
ledger would mean asking everybody again.`,
		Flags: []cli.Flag{
			preset(flagStart, "now",
				"where the first window begins: `TIME` is now, 24h ago, a date, or a time"),
			toggle(flagAdopt, "take over whom others have asked from Agent Connect's data, as ledger "+
				"rebuild does: nobody is asked again about what these show"),
			described(flagSince, "90d ago", "with --adopt: take over what Agent Connect received since "+
				"`TIME`, such as 90d or a date"),
			value(flagBackupDir, "let passes write a backup a day into `DIR`, best on another disk"),
		},
		Action: func(c *cli.Context) error { return initialize(l, c) },
	})
}

func initialize(l *commandLine, c *cli.Context) error {
	if c.Bool(flagSandbox) {
		return usagef("init has nothing to do for the sandbox: run --sandbox creates its ledger by itself")
	}
	if err := checkSource(c); err != nil {
		return err
	}
	path := fileOf(c)
	terminal, err := newTerminal(l, c)
	if err != nil {
		return err
	}
	s := &session{commandLine: l, c: c, terminal: terminal, from: path}
	if c.String(flagConfigDir) != "" {
		return initializeMember(s)
	}
	source := s.source()
	source.Path = path
	_, err = os.Lstat(path)
	// Whatever is there is for its reader to judge.
	fresh := errors.Is(err, fs.ErrNotExist)
	text, err := withBackups(l.example, c, path, fresh)
	if err != nil {
		return err
	}
	if fresh {
		source.Text = text
	}
	cfg, err := tenant.Load(source)
	if err != nil {
		return err
	}
	s.tenant = &tenant.Tenant{Config: cfg, Env: l.env, Databases: l.databases}
	return begin(founding{session: s, path: path, fresh: fresh, text: text})
}

// initializeMember makes the ledger of a tenant of a folder, whose file must be there: what holds for all is
// none of its business, and --backup-dir would write it.
func initializeMember(s *session) error {
	if s.c.IsSet(flagBackupDir) {
		return usagef("--%s does not go with --%s: write ledger.backup_dir into the file", flagBackupDir,
			flagConfigDir)
	}
	if err := s.load(); err != nil {
		return err
	}
	// Where a tenant says nothing else, its ledger lies in a directory beside the others.
	if !s.tenant.Config.Ledger.InDatabase() && s.origins["ledger.path"] == "" {
		if err := os.MkdirAll(filepath.Dir(s.tenant.Config.Ledger.Path), 0o700); err != nil {
			return fmt.Errorf("make a place for the ledgers: %w", err)
		}
	}
	return begin(founding{session: s, path: s.from})
}

// begin makes what a founding is about, and says so.
func begin(f founding) error {
	s, cfg := f.session, f.tenant.Config
	start, err := firstStart(s.c, s.times(cfg, time.Now().UTC()))
	if err != nil {
		return err
	}
	adopt, err := newAdoption(s)
	if err != nil {
		return err
	}
	// Passes never make it, because a disk that is not mounted must not be taken for an empty one.
	if dir := cfg.Ledger.BackupDir; dir != "" {
		if err := makeBackupDir(dir); err != nil {
			return err
		}
	}
	f.start, f.adopt = start, adopt
	adopted, err := f.found()
	if err != nil {
		return err
	}
	return f.say(adopted)
}

// founding makes a ledger, and a configuration where there is none, of what was found to be good.
type founding struct {
	*session
	path  string // of the configuration
	fresh bool   // which is not there yet
	text  []byte // and what it is to hold
	start time.Time
	adopt *rebuilding // nil: nothing is taken over
}

func (f founding) found() (adopted rebuild.Result, err error) {
	if f.fresh {
		if err := writeExample(f.path, f.text); err != nil {
			return adopted, err
		}
	}
	err = f.tenant.CreateLedger(f.start, f.adopt != nil)
	// Where the ledger cannot be made, nothing was done.
	if err != nil && f.fresh {
		err = errors.Join(err, os.Remove(f.path))
	}
	switch {
	case f.adopt == nil:
		return adopted, err
	case errors.Is(err, store.ErrExists):
		return adopted, fmt.Errorf("%w. To take over into it whom others have asked: %s", err,
			f.adopt.again())
	case err != nil:
		return adopted, err
	}
	if adopted, err = f.adopt.run(); err != nil {
		return adopted, fmt.Errorf("%s is made, and refused until it is filled: %w",
			f.tenant.Where(), err)
	}
	return adopted, nil
}

func (f founding) say(adopted rebuild.Result) error {
	cfg, took := f.tenant.Config, f.adopt != nil
	if f.c.Bool(flagJSON) {
		said := map[string]any{
			"schema": "acsync.init/1", "config": f.path, "config_written": f.fresh, "ledger": f.tenant.Where(),
			"start": f.start, "backup_dir": cfg.Ledger.BackupDir,
		}
		if lines := checkQuickly(f.session); lines != nil {
			said["check"] = report.CheckLines(lines)
		}
		if took {
			said["adopted"], said["since"] = adopted.Written, adopted.Since
		}
		return f.printJSON(said)
	}
	tell := func(format string, args ...any) { fmt.Fprintf(f.stdout, format+"\n", args...) }
	if f.fresh {
		tell("wrote    %s", f.path)
	}
	tell("created  %s", f.tenant.Where())
	tell("start    %s: nothing marked done before is asked about by run", utc(f.start))
	if dir := cfg.Ledger.BackupDir; dir != "" {
		tell("backups  one a day into %s", dir)
	} else if !cfg.Ledger.InDatabase() {
		tell("backups  none: set ledger.backup_dir, and passes make one a day")
	}
	switch {
	case took:
		tell("adopted  %s that Agent Connect has received requests for since %s: they count as asked",
			conversations(adopted.Written), utc(adopted.Since))
	case cfg.AgentConnect.APISecret.IsSet():
		tell("note     if others have asked before, as a workflow in Kustomer does: acsync ledger "+
			"rebuild%s takes over whom (init --adopt does both)", here(f.c))
	}
	if age := time.Since(f.start); age > time.Duration(cfg.Sync.MaxAge) {
		tell("note     what was marked done more than sync.max_age (%s) ago is skipped as stale",
			cfg.Sync.MaxAge)
	}
	if missing := cfg.Ready(); missing != nil {
		tell("\nBefore the first pass:\n%v", missing)
	}
	for _, line := range report.CheckSummary(checkQuickly(f.session)) {
		tell("%s", line)
	}
	pointing := here(f.c)
	if f.c.String(flagConfigDir) == "" {
		pointing = " --" + flagConfig + " " + shellPath(f.path)
	}
	tell("\nThen look before you leap:  acsync run%s --dry-run", pointing)
	return nil
}

// utc is how commands that found or restore a ledger write a time.
func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// newAdoption finds out all that --adopt needs, the credentials included, before anything is written; nil
// without it.
func newAdoption(s *session) (*rebuilding, error) {
	switch {
	case !s.c.Bool(flagAdopt) && s.c.IsSet(flagSince):
		return nil, usagef("--%s goes with --%s alone; where the first window begins is --%s", flagSince,
			flagAdopt, flagStart)
	case !s.c.Bool(flagAdopt):
		return nil, nil
	}
	adopt, err := newRebuilding(s)
	if err != nil {
		return nil, err
	}
	if since := adopt.options.Since; since.After(time.Now()) {
		return nil, usagef("--%s %s lies in the future; nothing was written", flagSince,
			since.UTC().Format(time.RFC3339))
	}
	return adopt, adopt.tryOut()
}

// firstStart is the time of --start, which a pass must be able to reach.
func firstStart(c *cli.Context, t times) (time.Time, error) {
	now := t.now
	start, err := t.parse(flagStart, c.String(flagStart))
	switch at := start.Format(time.RFC3339); {
	case err != nil:
	case start.After(now):
		err = usagef("--%s %s lies in the future; a pass would never reach it", flagStart, at)
	case start.Before(now.Add(-surveysync.Horizon)):
		err = usagef("--%s %s is more than two years ago; Kustomer's search shows nothing that old",
			flagStart, at)
	}
	return start, err
}

// writeExample makes a configuration that whoever has its folder can read, also where root writes it.
func writeExample(path string, example []byte) error {
	if err := bolt.MakeDir(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	file, err := newOutput(flagConfig, path)
	if err == nil {
		err = file.write(example)
	}
	if err == nil {
		// A disk without owners holds a configuration as well.
		_ = bolt.GiveToFolder(path)
	}
	return err
}
