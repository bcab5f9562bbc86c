package app

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/report"
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

// run makes one pass and reports it.
func (s *shell) run(c *cli.Context) (err error) {
	if err := checkPassFlags(c); err != nil {
		return err
	}
	terminal, err := s.terminal(c)
	if err != nil {
		return err
	}
	tenant, err := s.tenant(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	if err := tenant.config.Ready(); err != nil {
		return err
	}
	reports, err := tenant.reports(c)
	if err != nil {
		return err
	}
	watch := terminal.watch()
	defer watch.stop()
	clients, err := connect(tenant.config, watch.log)
	if err != nil {
		return err
	}
	watch.waits(clients.waiting)
	engine, closeLedger, err := tenant.engine(c, clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	attention := &report.Attention{}
	engine.Observer, engine.Now = append(watch.observer, attention, reports), s.app.Now
	result, err := engine.Run(c.Context)
	watch.stop()
	pass := report.Pass{Result: result, Calls: clients.calls(), Tenant: tenant.name, Attention: attention.Rows}
	return s.conclude(c, terminal, reports, pass, err)
}

// engine wires the pass: with --dry-run, through what sends nothing and writes nothing.
func (t *tenant) engine(c *cli.Context, clients *clients) (*surveysync.Engine, func() error, error) {
	engine := &surveysync.Engine{
		Source: clients.kustomer, Directory: clients.kustomer, Sender: clients.connect, Options: options(t.config),
	}
	if t.config.AgentConnect.APISecret.IsSet() {
		engine.Receiver = clients.connect
	}
	engine.Options.Mode, engine.Options.Limits.Max = c.Command.Name, c.Int(flagMax)
	if c.Bool(flagDryRun) {
		ledger, closeLedger, err := t.readLedger()
		engine.Sender, engine.Ledger, engine.Options.DryRun = surveysync.DrySender{}, surveysync.DryLedger{Below: ledger}, true
		return engine, closeLedger, err
	}
	ledger, err := t.ledger()
	if err != nil {
		return nil, nil, err
	}
	engine.Ledger = ledger
	return engine, ledger.Close, nil
}

// watch is who listens to a pass: the log, and on a terminal the progress bar.
type watch struct {
	observer observers
	log      *slog.Logger
	waits    func(func() string) // tells where to ask what is waited for
	stop     func()
}

func (t terminal) watch() watch {
	if !t.progress {
		log := t.logger(t.stderr)
		return watch{observers{logging{log}}, log, func(func() string) {}, func() {}}
	}
	bar := newBar(t.stderr, t.errWidth, t.colorErr)
	log := t.logger(bar)
	return watch{observers{bar, logging{log}}, log, bar.caption.setWaiting, bar.stop}
}

// conclude writes the files of --report and prints the report. One that ended before anything was read has nothing to show
// to people. What cannot be written is a failure of its own, and hides no other.
func (s *shell) conclude(c *cli.Context, t terminal, files *reports, pass report.Pass, err error) error {
	failed := files.write(pass, err)
	if failed != nil && pass.Exit == exitDone {
		pass.Exit = exitFailed // before it is printed: both must agree
	}
	var unprinted error
	switch {
	case c.Bool(flagJSON):
		unprinted = report.JSON(s.stdout, pass)
	case err == nil || !pass.To.IsZero():
		unprinted = report.Table(s.stdout, pass, report.Style{Width: t.width, Height: t.height, Color: t.colorOut})
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
		return fmt.Errorf("a fuse blew: %s; nothing more was sent, the rest is kept for later passes", pass.Fuse)
	case pass.Down != "":
		return fmt.Errorf("nothing more was taken by Agent Connect: %s; the next pass goes on", pass.Down)
	case pass.Unseen > 0:
		return fmt.Errorf("%d conversations are counted by Kustomer and not shown to this API key; they were not asked about", pass.Unseen)
	case pass.Exit == exitTemporary:
		return fmt.Errorf("%d survey requests were certainly not sent; later passes try them again", pass.Counts[store.Retry])
	}
	return nil
}
