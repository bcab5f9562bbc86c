package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store/postgres"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/tenant"
	"acsync/sync/work"
)

const (
	usualAtWork   = 10
	usualEvery    = 15 * time.Minute
	usualSlice    = 15 * time.Minute
	usualDrain    = 90 * time.Second
	refreshFolder = 15 * time.Second // how old what is known of the folder may be
)

func workCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name: "work", Category: groupRun,
		Usage: "make the passes of many organisations until it is stopped",
		UsageText: `acsync work --config-dir /etc/acsync  # on as many machines as you like
acsync work --config-dir /etc/acsync --workers 20 --listen 127.0.0.1:9464  # with figures for Prometheus
acsync work --config-dir /etc/acsync --once  # whoever is due now, and no longer`,
		Description: `For tenants whose ledgers are in one PostgreSQL database (ledger.url, prepared by acsync
ledger migrate). Each has its turn every --every, spread over that time; whoever of the
workers has time takes it. SIGTERM lets the passes finish what they have begun.`,
		Flags: []cli.Flag{
			chosenFlag(),
			number(flagWorkers, fmt.Sprint(usualAtWork), "make up to `N` passes at once"),
			described(flagEvery, config.Duration(usualEvery).String(), "make a pass of each every `DURATION`"),
			described(flagSlice, config.Duration(usualSlice).String(),
				"let a pass that takes longer than `DURATION` go on in another job"),
			described(flagDrain, config.Duration(usualDrain).String(),
				"how long what has begun may go on behind a signal"),
			value(flagListen, "serve /metrics, /healthz and /readyz at `ADDRESS`, such as 127.0.0.1:9464"),
			toggle(flagOnce, "end when nobody is due any more"),
		},
		Action: inFleet(l, false, runWork),
	})
}

// worksFor are the tenants that a worker makes passes for, as the folder has them now.
type worksFor struct {
	fleet
	every time.Duration
	slice config.Duration
	log   *slog.Logger
	errs  *sharedWriter
	// the database that keeps their ledgers, as a configuration without its secrets names it
	place   string
	db      *postgres.Database
	figures *work.Figures
	marks   *pauseMarks

	mu    sync.Mutex
	known map[string]config.Config // by name
	read  time.Time
	said  map[string]bool // what was said of the folder already
}

func runWork(f fleet) error {
	every, err := durationFlag(f.c, flagEvery, usualEvery)
	if err != nil {
		return err
	}
	slice, err := durationFlag(f.c, flagSlice, usualSlice)
	if err != nil {
		return err
	}
	drain, err := durationFlag(f.c, flagDrain, usualDrain)
	if err != nil {
		return err
	}
	workers := cmp.Or(f.c.Int(flagWorkers), usualAtWork)
	if workers < 1 {
		return usagef("--%s %d: give a number of at least 1", flagWorkers, workers)
	}
	// A pass has one connection while it writes and another one that renews its lease; River has a few.
	f.databases.Most = 2*workers + 6
	m := &worksFor{
		fleet: f, every: every, slice: config.Duration(slice), log: f.terminal.logger(f.stderr),
		errs: &sharedWriter{to: f.stderr}, said: map[string]bool{},
	}
	if err := m.connect(); err != nil {
		return err
	}
	m.figures, m.marks = work.NewFigures(m.db, m.tenantOf), newPauseMarks(m.db, m.log)
	o := work.Options{
		Database: m.db, Maker: m, Workers: workers, Slice: slice, Drain: drain, Log: m.log,
	}
	if err := work.Ready(f.c.Context, m.db); err != nil {
		return err
	}
	w, err := work.New(o)
	if err != nil {
		return err
	}
	if address := f.c.String(flagListen); address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return usagef("--%s %s: %v", flagListen, address, err)
		}
		go func() {
			if err := m.figures.Serve(f.c.Context, l, w.Tick()); err != nil {
				m.log.Error("the figures are served no more", "because", err)
			}
		}()
	}
	m.log.Info("working", "tenants", len(m.known), "at_once", workers, "every", every)
	if f.c.Bool(flagOnce) {
		return w.RunOnce(f.c.Context)
	}
	return w.Run(f.c.Context)
}

func durationFlag(c *cli.Context, name string, usual time.Duration) (time.Duration, error) {
	if !c.IsSet(name) {
		return usual, nil
	}
	var d config.Duration
	if err := d.UnmarshalText([]byte(c.String(name))); err != nil || d < config.Duration(time.Second) {
		return 0, usagef("--%s %q: give a duration of at least 1s, such as 15m", name, c.String(name))
	}
	return time.Duration(d), nil
}

// connect finds the database that the ledgers of the tenants are in. It has to be one for all that this
// worker serves; those elsewhere are not its own.
func (m *worksFor) connect() error {
	for _, name := range m.folder.Names {
		one := m.folder.Load(name)
		if one.Broken != nil || !one.Tenant.Config.Ledger.InDatabase() {
			continue
		}
		db, err := one.Tenant.Database(m.c.Context)
		if err != nil {
			return err
		}
		m.db, m.place = db, placeOf(m.folder.Plain()[name])
		_, err = m.tenants()
		return err
	}
	return exit.Advise(usagef("no tenant of %s has its ledger in a database, which workers share", m.folder.Dir),
		"set ledger.url_file in _defaults.toml, or let a timer make the passes: acsync tenants run --all, which "+
			"acsync schedule systemd --config-dir writes", "organisations")
}

// placeOf is where the ledger of a tenant is, without secrets.
func placeOf(c config.Config) string { return c.Ledger.URL.Reveal() + " " + c.Ledger.URLFile }

// tenants gives those that are served now, by name.
func (m *worksFor) tenants() (map[string]config.Config, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.read) < refreshFolder {
		return m.known, nil
	}
	folder, err := tenant.OpenFolder(m.c.String(flagConfigDir), config.Source{Env: m.env}, m.databases)
	if err != nil {
		return nil, err
	}
	m.folder = folder
	all := folder.Plain()
	chosen, err := m.chosenNames()
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(name string, c config.Config) bool {
		served := slices.Contains(chosen, name) && placeOf(c) == m.place
		if !served && slices.Contains(chosen, name) {
			m.once("not served: its ledger is not in the database of this worker", name)
		}
		return !served
	})
	for _, name := range chosen {
		if _, sound := all[name]; !sound {
			m.once("not served: acsync tenants check says what is wrong", name)
		}
	}
	m.known, m.read = all, time.Now()
	return all, nil
}

// once says something of a tenant the first time.
func (m *worksFor) once(text, name string) {
	if !m.said[text+name] {
		m.said[text+name] = true
		m.log.Warn(text, "tenant", name)
	}
}

// tenantOf is the name of the tenant that a ledger is of; empty for none that is served.
func (m *worksFor) tenantOf(ledger string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, c := range m.known {
		if c.LedgerName() == ledger {
			return name
		}
	}
	return ""
}

// Tenants are those that are served now.
func (m *worksFor) Tenants() ([]work.Tenant, error) {
	all, err := m.tenants()
	if err != nil {
		return nil, err
	}
	list := make([]work.Tenant, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, work.Tenant{Name: name, Ledger: all[name].LedgerName(), Every: m.every})
	}
	return list, nil
}

// Review resumes who was paused because passes could not work with its configuration, where that has changed.
func (m *worksFor) Review(ctx context.Context) {
	// What keeps the folder from being read the look itself says.
	if all, err := m.tenants(); err == nil {
		m.marks.review(ctx, all)
	}
}

// Pass makes a slice of the pass of a tenant.
func (m *worksFor) Pass(_ context.Context, name string) work.Outcome {
	// As it is before the pass: what changes while that goes on is for the next one to try.
	before := m.digest(name)
	member, locked := m.load(name), "skip"
	// It lets go for whoever waits, and for nobody else: who skips has no turn until it has come to its end.
	if member.Tenant != nil && backfilling(member.Tenant) {
		locked = "wait=" + config.Duration(behindBackfill).String()
	}
	made := m.job(member, locked, "run", "--"+flagMaxDuration, m.slice.String())
	o := work.Outcome{Exit: int(made.Exit), Text: made.Text}
	switch next := tenant.After(made.Exit); {
	case made.Skipped:
		o.Next = work.Held
	case cutShort(made):
		o.Next = work.More
	case next == tenant.NextSoon, next == tenant.NextFail, made.Exit == exit.Locked && locked != "skip":
		o.Next = work.Soon
	case next == tenant.NextNone:
		o.Next = work.Soon // what is broken is left out of the next tick
		if member.Tenant != nil {
			o.Next = m.marks.pause(context.WithoutCancel(m.c.Context), member.Tenant, before, made)
		}
	case next == tenant.NextAlarm:
		m.log.Error("a fuse blew", "tenant", name)
	}
	return o
}

// Backfill makes a slice of a back-fill. It has come to its end with the code that says so alone: what could
// not work is tried again, and pauses nobody, since the passes of the tenant may work all the same.
func (m *worksFor) Backfill(_ context.Context, b work.Backfill) work.Outcome {
	args := []string{
		"backfill", "--" + flagFrom, b.From, "--" + flagTo, b.To, "--" + flagMaxDuration, m.slice.String(),
	}
	if b.Max > 0 {
		args = append(args, "--"+flagMax, fmt.Sprint(b.Max))
	}
	made := m.job(m.load(b.Tenant), "skip", args...)
	o := work.Outcome{Exit: int(made.Exit), Text: made.Text, Next: work.Soon}
	switch {
	case made.Skipped, made.Exit == exit.Locked:
		o.Next = work.Held
	case cutShort(made):
		o.Next = work.More
	case made.Exit == exit.Done, made.Exit == exit.NeedsHand:
		o.Next = work.Usual
	case made.Exit == exit.Fuse:
		// To try again would send more of what made it blow.
		o.Next = work.Usual
		m.log.Error("a fuse blew, and the back-fill is not done: enqueue it again when the cause is mended",
			"tenant", b.Tenant, "from", b.From, "to", b.To)
	}
	return o
}

// job carries a command out for a tenant. Its context is that of the worker: what ends that lets the pass
// drain.
func (m *worksFor) job(member tenant.Member, locked string, command ...string) madePass {
	m.mu.Lock()
	f := m.fleet
	m.mu.Unlock()
	m.figures.Began()
	made := jobOf(f, member, m.errs, locked, command...)
	m.figures.Ended(member.Name, int(made.Exit))
	m.log.Info(made.Text, "tenant", member.Name, "exit", int(made.Exit))
	return made
}

// load loads a tenant as the folder has it now.
func (m *worksFor) load(name string) tenant.Member {
	m.mu.Lock()
	folder := m.folder
	m.mu.Unlock()
	return folder.Load(name)
}

// behindBackfill is how long a pass waits until a back-fill has recorded its window, and lets go. It is tried
// again soon where that was not enough, and less than work allows a job beyond its slice.
const behindBackfill = 4 * time.Minute

// backfilling reports whether a back-fill has the ledger.
func backfilling(t *tenant.Tenant) bool {
	holder, holds, err := t.Holder()
	return err == nil && holds && holder.Mode == "backfill"
}

// cutShort reports whether a pass was well, and something is left of it that whoever has time takes up at
// once.
func cutShort(made madePass) bool {
	var pass struct {
		EndedBy string `json:"ended_by"`
	}
	_ = json.Unmarshal(made.Pass, &pass) // where there is none, nothing ended it
	stopped := []exit.Code{exit.Terminated, exit.Interrupted, exit.HungUp, exit.Quit}
	return pass.EndedBy == flagMaxDuration || slices.Contains(stopped, made.Exit)
}

// digest tells the state of a tenant's configuration from others; see digestOf.
func (m *worksFor) digest(name string) string {
	all, err := m.tenants()
	if err != nil {
		return "" // only a person ends a pause then
	}
	return digestOf(all[name])
}
