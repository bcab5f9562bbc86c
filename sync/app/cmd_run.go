package app

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/dryrun"
	"acsync/sync/report"
	"acsync/sync/report/doc"
)

func (s *shell) runCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "run",
		Usage: "make one pass: from the checkpoint to now",
		Description: "Reads what was marked done since the checkpoint, decides, creates the survey requests, and moves the\n" +
			"checkpoint. It can be stopped at any time and run as often as you like: nobody is asked twice.",
		Flags:  passFlags(),
		Action: s.run,
	})
}

// run makes one pass from the checkpoint.
func (s *shell) run(c *cli.Context) error {
	return s.pass(c, func(*tenant, *surveysync.Options) error { return nil })
}

// pass makes one pass and reports it; prepare completes its options.
func (s *shell) pass(c *cli.Context, prepare func(*tenant, *surveysync.Options) error) error {
	return s.savedPass(c, nil, prepare)
}

// savedPass makes one pass, saves it as a plan unless that is nil, and reports it.
func (s *shell) savedPass(c *cli.Context, plan *planFile, prepare func(*tenant, *surveysync.Options) error) (err error) {
	terms, err := checkPassFlags(c)
	if err != nil {
		return err
	}
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	engine, err := tenant.engine(c, prepare)
	if err != nil {
		return err
	}
	reports, err := tenant.reports(c)
	if err != nil {
		return err
	}
	watch := terminal.watch(tenant.config.AgentConnect.RequestsPerMinute)
	defer watch.stop()
	clients, err := connect(tenant.config, watch.log)
	if err != nil {
		return err
	}
	watch.waits(clients.waiting)
	tenant.reach(engine, clients)
	notices, closeLedger, err := s.remember(c, tenant, engine, clients, terms.overlap)
	if terms.overlap.skips(err) {
		return s.saySkipped(c, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	attention := &report.Attention{}
	engine.Observer, engine.Now = plan.hear(append(watch.observer, attention, reports, engine.Observer)), s.app.Now
	result, err := terms.carryOut(c.Context, engine)
	watch.stop()
	err = plan.end(tenant, engine, s.clock(), &result, err)
	result.Notices = append(result.Notices, notices...)
	if warning := tenant.witness().Warning(); warning != "" {
		result.Notices = append(result.Notices, warning)
	}
	for _, notice := range []string{staleNotice(c, result, tenant.config.Sync.MaxAge), failedNotice(c, result)} {
		if notice != "" {
			result.Notices = append(result.Notices, notice)
			watch.log.Warn(notice)
		}
	}
	pass := report.Pass{Result: result, Calls: clients.calls(), Tenant: tenant.name, Here: here(c), Attention: attention.Rows, EndedBy: endedBy(result, err)}
	// Before anything is printed: who reads that may take long, and until then no other pass could begin.
	closed := closeLedger()
	err = s.conclude(c, terminal, reports, pass, err, closed)
	return errors.Join(err, plan.say(c, s.stdout))
}

// engine is the engine with its options, before it has anything to work with.
func (t *tenant) engine(c *cli.Context, prepare func(*tenant, *surveysync.Options) error) (*surveysync.Engine, error) {
	engine := &surveysync.Engine{Options: options(t.config)}
	o := &engine.Options
	o.Mode, o.DryRun, o.Limits.Max = c.Command.Name, c.Bool(flagDryRun), c.Int(flagMax)
	if err := confirmation(c, o); err != nil {
		return nil, err
	}
	if err := prepare(t, o); err != nil {
		return nil, err
	}
	return engine, t.config.Ready()
}

// reach gives an engine both services: a dry run what sends nothing.
func (t *tenant) reach(engine *surveysync.Engine, clients *clients) {
	engine.Source, engine.Directory, engine.Sender = clients.kustomer, clients.kustomer, clients.connect
	if t.remembers() {
		engine.Receiver = clients.connect
	}
	if t.config.Filters.RequireActiveProfile {
		engine.Roster = clients.connect
	}
	if engine.Options.DryRun {
		engine.Sender = dryrun.Sender{}
	}
}

// watch is who listens to a pass: the log, and on a terminal the progress bar.
type watch struct {
	observer observers
	log      *slog.Logger
	waits    func(func() string) // tells where to ask what is waited for
	stop     func()
}

// watch lets the terminal and the log follow a pass; perMinute is the pace at which survey requests can be sent.
func (t terminal) watch(perMinute int) watch {
	if !t.progress {
		log := t.logger(t.stderr)
		return watch{observers{logging{log}, &minutely{log: log, perMinute: perMinute}}, log, func(func() string) {}, func() {}}
	}
	bar := newBar(t.stderr, t.errWidth, t.colorErr)
	bar.perMinute = perMinute
	log := t.logger(bar)
	return watch{observers{bar, logging{log}}, log, bar.caption.setWaiting, bar.stop}
}

// conclude writes the files of --report and prints the report. One that ended before anything was read has
// nothing to show to people. What cannot be written is a failure of its own, and hides no other; nor does a
// ledger that could not be closed.
func (s *shell) conclude(c *cli.Context, t terminal, files *reports, pass report.Pass, err, closed error) error {
	if closed != nil && pass.Exit == exitDone {
		pass.Exit = exitCode(closed)
	}
	failed := errors.Join(closed, files.write(pass, err))
	if failed != nil && pass.Exit == exitDone {
		pass.Exit = exitFailed // before it is printed: both must agree
	}
	var unprinted error
	switch {
	case c.Bool(flagJSON):
		unprinted = report.JSON(s.stdout, pass)
	case err == nil || !pass.To.IsZero():
		unprinted = doc.Text(s.stdout, report.ReportDoc(report.New(pass, report.Detail{Problem: err}), 0), t.style())
	}
	if unprinted != nil {
		failed = errors.Join(failed, fmt.Errorf("print the report: %w", unprinted))
	}
	if err == nil {
		err = unfinished(pass)
	}
	if failed != nil && pass.Exit == exitDone {
		pass.Exit = exitFailed
	}
	if err = errors.Join(err, failed); err != nil || pass.Exit != exitDone {
		return ended{pass.Exit, err}
	}
	return nil
}

// unfinished says in one line on stderr what made a pass end with less than it should have done; nil where the report
// says it all.
func unfinished(pass report.Pass) error {
	switch {
	case pass.Fuse != "":
		return fmt.Errorf("a fuse blew: %s; nothing more was sent, the rest is kept for later", pass.Fuse)
	case pass.Down != "":
		return fmt.Errorf("nothing more was taken by Agent Connect: %s; the next pass goes on", pass.Down)
	case pass.Unseen > 0:
		return fmt.Errorf("%d conversations are counted by Kustomer and not shown to this API key; they were not asked about", pass.Unseen)
	case pass.Exit == exitTemporary:
		return fmt.Errorf("%d survey requests were certainly not sent; later passes try them again", pass.Counts[store.Retry])
	}
	return nil
}
