package app

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// prepare completes the options of a pass, for a command of its own.
type prepare func(*session, *surveysync.Options) error

// passAction makes one pass and reports it.
func passAction(l *commandLine, complete prepare) cli.ActionFunc {
	return func(c *cli.Context) error { return makePass(l, c, nil, complete) }
}

// pass is one pass as a command makes it.
type pass struct {
	*session
	limits  runLimits
	plan    *planFile // nil: it is not saved as a plan
	reports *reports
	engine  *surveysync.Engine
}

// makePass makes one pass, saves it as a plan unless that is nil, and reports it.
func makePass(l *commandLine, c *cli.Context, plan *planFile, complete prepare) error {
	limits, err := readRunLimits(c)
	if err != nil {
		return err
	}
	return inSession(l, c, func(s *session) error {
		engine, err := newEngine(s, complete)
		if err != nil {
			return err
		}
		reports, err := newReports(s)
		if err != nil {
			return err
		}
		return pass{s, limits, plan, reports, engine}.run()
	})
}

// newEngine is the engine with its options, before it has anything to work with.
func newEngine(s *session, complete prepare) (*surveysync.Engine, error) {
	engine := &surveysync.Engine{Options: tenant.Options(s.tenant.Config), Now: s.now}
	o := &engine.Options
	o.Mode, o.DryRun, o.Limits.Max = s.c.Command.Name, s.c.Bool(flagDryRun), s.c.Int(flagMax)
	o.Unconfirmed, o.Confirmed = unconfirmed, s.c.Int(flagConfirm)
	if err := complete(s, o); err != nil {
		return nil, err
	}
	return engine, s.tenant.Config.Ready()
}

// run makes the pass, with all that listens to it, and concludes it.
func (p pass) run() (err error) {
	watch := newWatch(p.terminal, p.tenant.Config.AgentConnect.RequestsPerMinute)
	defer watch.stop()
	clients, err := tenant.Connect(p.tenant.Config, userAgent(), watch.log)
	if err != nil {
		return err
	}
	watch.waits(clients.Waiting)
	p.tenant.Attach(p.engine, clients)
	notice, closeLedger, err := openLedger(p.session, p.engine, clients, p.limits.lock)
	if p.limits.lock.skips(err) {
		return saySkipped(p.session, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	attention := &report.Attention{}
	p.engine.Observer = p.plan.hear(append(watch.observer, attention, p.reports, p.engine.Observer))
	result, err := p.limits.run(p.c.Context, p.engine)
	watch.stop()
	err = p.plan.end(p.session, p.engine, &result, err)
	for _, each := range []string{notice, p.witness().Warning()} {
		if each != "" {
			result.Notices = append(result.Notices, each)
		}
	}
	backfills := []string{staleNotice(p.c, result, p.tenant.Config.Sync.MaxAge), failedNotice(p.c, result)}
	for _, each := range backfills {
		if each != "" {
			result.Notices = append(result.Notices, each)
			watch.log.Warn(each)
		}
	}
	// Before anything is printed: who reads that may take long, and until then no other pass could begin.
	closed := closeLedger()
	err = p.conclude(report.Pass{
		Result: result, Calls: report.Calls(clients.Calls()), Tenant: p.tenant.Name, Here: here(p.c),
		Attention: attention.Rows, EndedBy: endedBy(result, err),
	}, err, closed)
	return errors.Join(err, p.plan.say(p.c, p.stdout))
}

// conclude writes the files of --report and prints the report. One that ended before anything was read has
// nothing to show to people. What cannot be written is a failure of its own, and hides no other; nor does a
// ledger that could not be closed.
func (p pass) conclude(made report.Pass, err, closed error) error {
	var failed error
	fail := func(code exit.Code, err error) {
		if failed = errors.Join(failed, err); err != nil && made.Exit == int(exit.Done) {
			made.Exit = int(code)
		}
	}
	fail(exitCode(closed), closed)
	// Before it is printed: the code and the report must agree.
	fail(exit.Failed, p.reports.write(made, err))
	var unprinted error
	switch {
	case p.c.Bool(flagJSON):
		unprinted = report.JSON(p.stdout, made)
	case err == nil || !made.To.IsZero():
		shown := report.ReportDoc(report.New(made, report.Detail{Problem: err}), 0)
		unprinted = doc.Text(p.stdout, shown, p.terminal.style())
	}
	if unprinted != nil {
		fail(exit.Failed, fmt.Errorf("print the report: %w", unprinted))
	}
	if err == nil {
		err = unfinished(made)
	}
	if err = errors.Join(err, failed); err != nil || made.Exit != int(exit.Done) {
		return ended{exit.Code(made.Exit), err}
	}
	return nil
}

// unfinished says in one line on stderr what made a pass end with less than it should have done; nil where
// the report says it all.
func unfinished(made report.Pass) error {
	switch {
	case made.Fuse != "":
		return fmt.Errorf("a fuse blew: %s; nothing more was sent, the rest is kept for later", made.Fuse)
	case made.Down != "":
		return fmt.Errorf("nothing more was taken by Agent Connect: %s; the next pass goes on", made.Down)
	case made.Unseen > 0:
		return fmt.Errorf("%d conversations are counted by Kustomer and not shown to this API key; they "+
			"were not asked about", made.Unseen)
	case made.Exit == int(exit.Temporary):
		return fmt.Errorf("%d survey requests were certainly not sent; later passes try them again",
			made.Counts[store.Retry])
	}
	return nil
}

// endedBy names what ended a pass before its end, for programs that read the report; empty for what the
// report's counts and fuse tell by themselves.
func endedBy(r surveysync.Result, err error) string {
	switch {
	case r.Refused:
		return "credentials"
	case errors.As(err, new(timeUp)):
		return flagMaxDuration
	}
	return map[exit.Code]string{
		exit.Failed: "failure", exit.Credentials: "credentials", exit.Temporary: "temporary",
		exit.Usage:         "refused",
		exit.LedgerDamaged: "ledger", exit.HungUp: "SIGHUP", exit.Interrupted: "SIGINT",
		exit.Terminated: "SIGTERM",
	}[exitCode(err)]
}
