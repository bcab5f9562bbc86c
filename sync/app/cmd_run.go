package app

import (
	"errors"

	"github.com/urfave/cli/v2"

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
	clients, err := connect(tenant.config)
	if err != nil {
		return err
	}
	engine, closeLedger, err := tenant.engine(c, clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	watch, attention := terminal.watch(), &report.Attention{}
	engine.Observer = append(watch.observer, attention)
	result, err := engine.Run(c.Context)
	watch.stop()
	pass := report.Pass{Result: result, Calls: clients.calls(), Tenant: tenant.name, Attention: attention.Rows}
	return s.conclude(c, terminal, pass, err)
}

// engine wires the pass: with --dry-run, through what sends nothing and writes nothing.
func (t *tenant) engine(c *cli.Context, clients *clients) (*surveysync.Engine, func() error, error) {
	engine := &surveysync.Engine{
		Source: clients.kustomer, Directory: clients.kustomer, Sender: clients.connect, Options: options(t.config),
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
	stop     func()
}

func (t terminal) watch() watch {
	if !t.progress {
		return watch{observer: observers{logging{t.logger(t.stderr)}}, stop: func() {}}
	}
	bar := newBar(t.stderr, t.colorErr)
	return watch{observer: observers{bar, logging{t.logger(bar)}}, stop: bar.stop}
}

// conclude prints the report. A pass that the report explains wholly needs no further words on stderr; one that ended
// before anything was read has nothing to show to people.
func (s *shell) conclude(c *cli.Context, t terminal, pass report.Pass, err error) error {
	var failed error
	switch {
	case c.Bool(flagJSON):
		failed = report.JSON(s.stdout, pass)
	case err == nil || !pass.To.IsZero():
		failed = report.Table(s.stdout, pass, report.Style{Width: t.width, Color: t.colorOut})
	}
	if failed != nil {
		return errors.Join(err, failed)
	}
	if err != nil || pass.Exit != exitDone {
		return ended{pass.Exit, err}
	}
	return nil
}
