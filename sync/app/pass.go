package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/dryrun"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// beginning is where a dry run begins that has no ledger to tell it.
const beginning = 24 * time.Hour

// prepare completes the options of a pass, for a command of its own.
type prepare func(*session, *surveysync.Options) error

func passAction(l *commandLine, complete prepare) cli.ActionFunc {
	return inPass(l, func(s *session) (err error) {
		if l.success, err = readSuccessCodes(s.c); err != nil {
			return err
		}
		return makePass(s, nil, complete)
	})
}

type pass struct {
	*session
	limits  runLimits
	plan    *planFile // nil: it is not saved as a plan
	reports *reports
	told    *notifier
	engine  *surveysync.Engine
	first   bool // of a sandbox whose ledger is made by it
}

func makePass(s *session, plan *planFile, complete prepare) error {
	limits, err := readRunLimits(s.c)
	if err != nil {
		return err
	}
	if err := skipPaused(s); err != nil {
		return err
	}
	reports, err := newReports(s)
	if err != nil {
		return err
	}
	told, err := newNotifier(s, s.c.Bool(flagDryRun) || plan != nil)
	if err != nil {
		return err
	}
	if err := s.tenant.Config.Ready(); err != nil {
		told.end(exitCode(err))
		return err
	}
	engine := &surveysync.Engine{Options: tenant.Options(s.tenant.Config), Now: s.now}
	o := &engine.Options
	o.Pass = *s.says.pass.Load()
	o.Mode, o.DryRun, o.Limits.Max = s.c.Command.Name, s.c.Bool(flagDryRun), s.c.Int(flagMax)
	o.Unconfirmed, o.Confirmed = unconfirmed, s.c.Int(flagConfirm)
	o.Knock, o.Estimate = s.c.Bool(flagKnock), s.terminal.progress
	if err := complete(s, o); err != nil {
		return err
	}
	first := false
	if s.tenant.Demo != nil && s.tenant.Rehearsal == nil && !o.DryRun {
		first = !s.tenant.Made()
	}
	err = pass{s, limits, plan, reports, told, engine, first}.run()
	// Where it did not come to its report.
	told.end(exitCode(err))
	return err
}

// run makes the pass, with all that listens to it, and concludes it.
func (p pass) run() (err error) {
	var clients *tenant.Clients
	followed := &progress{
		perMinute: p.tenant.Config.AgentConnect.RequestsPerMinute, max: p.engine.Options.Limits.Max,
		most: time.Duration(p.limits.most),
	}
	waits := &pauses{stopped: p.c.Context}
	watch := newWatch(p.session, followed, waits.now)
	defer watch.stop()
	defer context.AfterFunc(p.c.Context, func() {
		watch.log.Info("stopping: what has begun is finished", "because", context.Cause(p.c.Context))
	})()
	p.limits.lock.waits = func(holder error) {
		if waiting := holder != nil; waits.locked.Swap(waiting) != waiting && waiting {
			watch.log.Info("waiting for the ledger", "because", holder)
		}
	}
	if clients, err = p.tenant.Connect(userAgent(), watch.log); err != nil {
		return err
	}
	warnings := p.tenant.Config.Warnings()
	p.note(watch.log, warnings)
	p.tenant.Attach(p.engine, clients)
	p.told.clients = clients
	waits.clients.Store(clients)
	place, notice, closeLedger, err := p.openLedger(clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	if shared, ok := p.engine.Turns.(*tenant.Shared); ok {
		waits.shared.Store(shared)
	}
	attention := &report.Attention{}
	heard := append(watch.observers, attention, p.reports, p.told, p.engine.Observer)
	if p.plan != nil {
		heard = append(heard, p.plan.planner)
	}
	p.engine.Observer = heard
	unproven, err := p.proveKeys(clients)
	result := surveysync.Result{Mode: p.engine.Options.Mode, DryRun: true, Exit: int(exitCode(err))}
	if err == nil {
		result, err = p.limits.run(p.c.Context, p.engine)
	}
	p.told.read(p.engine.Ledger)
	watch.stop()
	fingerprint := ""
	if carried := p.engine.Options.Plan; carried != nil {
		fingerprint = carried.Fingerprint()
	}
	if p.plan != nil {
		err = p.plan.end(p.session, p.engine, &result, err)
		fingerprint = p.plan.fingerprint()
	}
	if p.tenant.Rehearsal != nil {
		err = p.tenant.Rehearsal.Advise(err)
	}
	// The report shows it too.
	err = pointError(p.c, err)
	var backfills []string
	// Of what a rehearsal skips nobody is to be asked because of it.
	if p.tenant.Rehearsal == nil {
		backfills = backfillNotices(p.c, result, p.tenant.Config.Sync.MaxAge)
	}
	p.note(watch.log, backfills)
	result.Notices = slices.DeleteFunc(
		slices.Concat(result.Notices, []string{notice, unproven, p.witness().Warning(place)}, warnings, backfills),
		func(notice string) bool { return notice == "" })
	for i, each := range result.Notices {
		result.Notices[i] = pointed(p.c, each)
	}
	// Before anything is printed: who reads that may take long, and until then no other pass could begin.
	closed := closeLedger()
	again := ""
	if !result.Backfill.Begun.IsZero() {
		again = goOn(p.c, result.Backfill)
	}
	err = p.conclude(report.Pass{
		Result: result, Calls: report.Calls(clients.Calls()), Tenant: p.tenant.Name, Here: here(p.c), Again: again,
		Attention: attention.Rows, EndedBy: endedBy(result, err), Plan: fingerprint,
	}, err, closed)
	if p.plan != nil {
		err = errors.Join(err, p.plan.say(p.c, p.stdout))
	}
	return err
}

// note writes to the log what the report will say too, where that does not stand beside it.
func (p pass) note(log *slog.Logger, notices []string) {
	for _, each := range notices {
		if !p.terminal.reported {
			log.Warn(each)
		}
	}
}

// provingKeys is how long a dry run goes on to prove the keys of Agent Connect: it needs nothing else of it.
const provingKeys = time.Minute

// proveKeys lets a dry run prove the keys of Agent Connect by a read, which creates nothing: it sends nothing
// that would show them to be wrong. Keys that are refused end it; where they cannot be proved, the notice
// says so.
func (p pass) proveKeys(clients *tenant.Clients) (notice string, err error) {
	switch {
	case !p.engine.Options.DryRun, p.tenant.Demo != nil, clients.AgentConnect == nil:
		return "", nil
	case !p.tenant.Config.AgentConnect.APISecret.IsSet():
		return "whether Agent Connect takes its API key only the first real request will show: it answers no " +
			"read without the API secret (agent_connect.api_secret_file)", nil
	}
	ctx, cancel := context.WithTimeout(p.c.Context, provingKeys)
	defer cancel()
	_, err = clients.AgentConnect.Glance(ctx, p.clock().Add(-time.Hour), 1)
	code := exitCode(err)
	switch {
	case err == nil, p.c.Context.Err() != nil:
		return "", context.Cause(p.c.Context)
	case code == exit.Credentials, code == exit.Usage:
		return "", fmt.Errorf("prove the keys of Agent Connect: %w", err)
	}
	return fmt.Sprintf("the keys of Agent Connect could not be proved: %v", err), nil
}

// openLedger gives the engine its ledger: a dry run one to read alone, any other one with a heartbeat that
// tells others how far it is. A dry run does without a ledger that was never made, and with one that was
// moved, where a pass would refuse: the notice says so; empty for nothing.
func (p pass) openLedger(clients *tenant.Clients) (
	place store.Placement, notice string, closeLedger func() error, err error,
) {
	engine := p.engine
	if !engine.Options.DryRun {
		err = p.limits.lock.open(p.session, func() error {
			ledger, err := p.tenant.OpenLedger()
			if err == nil {
				place = ledger.Placement()
				heart := tenant.StartHeartbeat(ledger, engine.Options.Mode, clients.WaitingFor)
				shared := p.tenant.Share(ledger, engine.Options.Mode, tenant.Access{}, heart)
				engine.Ledger, engine.Turns, engine.Observer = shared, shared, heart
				heart.Tell(func() tenant.StatusReader { return newStatusReader(shared.Ledger).snapshot })
				engine.Backups, closeLedger = p.tenant.Backups(shared), heart.Before(shared.Close)
			}
			return err
		})
		return place, "", closeLedger, err
	}
	var below dryrun.ReadLedger
	err = p.limits.lock.open(p.session, func() (err error) {
		below, closeLedger, err = p.tenant.ReadLedger()
		return err
	})
	if placed, ok := below.(interface{ Placement() store.Placement }); ok {
		if place = placed.Placement(); place.Refused != "" {
			notice = "a dry run alone is made here, and a pass is refused: " + report.PlaceWarning(place)
		}
	}
	if errors.Is(err, store.ErrMissing) && !p.tenant.Abandoned() {
		notice = "there is no ledger yet, and this dry run did without: it knows of nobody who was asked " +
			"before"
		start := engine.Options.Range.From
		if start.IsZero() {
			start = p.clock().Add(-beginning)
			notice += fmt.Sprintf(", and began %d hours ago; a real pass begins where acsync init --start "+
				"says", beginning/time.Hour)
		}
		below, closeLedger, err = dryrun.None{Start: start}, func() error { return nil }, nil
	}
	if ledger, made := below.(tenant.Ledger); made {
		shared := p.tenant.Share(ledger, engine.Options.Mode, tenant.Access{ReadOnly: true}, nil)
		below, engine.Turns, closeLedger = shared, shared, shared.Close
	}
	engine.Ledger, engine.Observer = &dryrun.Ledger{ReadLedger: below}, observers{}
	return place, notice, closeLedger, err
}

// conclude writes the files of --report, tells others, and prints the report. One that ended before anything
// was read has nothing to show to people. What cannot be written is a failure of its own, and hides no other;
// nor does a ledger that could not be closed.
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
	// Nor is it for whoever reads the report to say when others hear of it.
	p.told.end(exit.Code(made.Exit))
	var unprinted error
	switch {
	case p.c.Bool(flagJSON):
		unprinted = report.JSON(p.stdout, made)
	case err == nil || !made.To.IsZero():
		shown := report.ReportDoc(report.New(made, report.Detail{Problem: err}), 0)
		unprinted = doc.Text(p.stdout, shown, p.terminal.style())
		if p.first && unprinted == nil && !p.c.Bool(flagQuiet) {
			unprinted = doc.Text(p.stdout, tryNext(p.session, made), p.terminal.style())
		}
	// There is no report to say it.
	case p.terminal.reported:
		p.terminal.reported = false
		p.note(p.terminal.logger(p.stderr), made.Notices)
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

// unfinished says in one line why a pass has done less than it should; nil where the report says it all.
func unfinished(made report.Pass) error {
	switch {
	case made.Fuse != "":
		return exit.Advise(fmt.Errorf("a fuse blew: %s; nothing more was sent", made.Fuse),
			"the rest is kept for later; the next pass goes on with it", "")
	case made.Down != "":
		return exit.Advise(fmt.Errorf("nothing more was taken by Agent Connect: %s", made.Down),
			"the next pass goes on", "")
	case made.Unseen > 0:
		return fmt.Errorf("%s counted by Kustomer and not shown to this API key, or cannot be read, and not "+
			"asked about", doc.Several(made.Unseen, "conversation is", "conversations are"))
	case made.Exit == int(exit.Temporary):
		return exit.Advise(fmt.Errorf("%s certainly not sent", doc.Several(made.Counts[store.Retry],
			"survey request was", "survey requests were")), "later passes try again", "")
	}
	return nil
}

// endedBy names for programs what ended a pass early; empty for what the report tells by itself.
func endedBy(r surveysync.Result, err error) string {
	switch {
	case r.Refused:
		return "credentials"
	case errors.As(err, new(timeUp)):
		return flagMaxDuration
	}
	return map[exit.Code]string{
		exit.Failed: "failure", exit.Credentials: "credentials", exit.Temporary: "temporary",
		exit.Usage: "refused", exit.LedgerDamaged: "ledger", exit.HungUp: "SIGHUP",
		exit.Interrupted: "SIGINT", exit.Quit: "SIGQUIT", exit.Terminated: "SIGTERM",
	}[exitCode(err)]
}

// overRange lets a pass go over --from and --to, whatever its age. An end that is "now" is left open.
func overRange(s *session, o *surveysync.Options) error {
	from, to := strings.TrimSpace(s.c.String(flagFrom)), strings.TrimSpace(s.c.String(flagTo))
	if from == "" || to == "" {
		return usagef("a range needs both its ends: --%s TIME and --%s TIME, such as --%s 2026-10-01 "+
			"--%s 2026-11-01, or --%s now", flagFrom, flagTo, flagFrom, flagTo, flagTo)
	}
	w, err := s.times(s.tenant.Config, s.clock()).window(s.c)
	switch {
	case err != nil:
		return err
	case to == "now":
		w.To = time.Time{}
	case w.Empty():
		return usagef("--%s %s is not before --%s %s; nothing was read", flagFrom, from, flagTo, to)
	}
	o.Policy.MaxAge, o.Range = 0, w
	return nil
}

type timeUp struct{ after config.Duration }

func (t timeUp) Error() string {
	return fmt.Sprintf("stopped after --%s %s; what had begun was finished, the rest is kept for later",
		flagMaxDuration, t.after)
}

func (timeUp) ExitClass() exit.Code { return exit.Temporary }

// runLimits are what the command line says of a pass beyond what it is to do.
type runLimits struct {
	lock lockPolicy
	most config.Duration // --max-duration; 0 = no limit
}

// readRunLimits refuses what cannot be carried out as it was said.
func readRunLimits(c *cli.Context) (l runLimits, err error) {
	if c.IsSet(flagMax) && c.Int(flagMax) < 1 {
		return l, usagef("--%s %d: give a number of at least 1; to send nothing there is --%s", flagMax,
			c.Int(flagMax), flagDryRun)
	}
	if c.IsSet(flagConfirm) && c.Int(flagConfirm) < 1 {
		return l, usagef("--%s %d: give the number of survey requests that the refusal named", flagConfirm,
			c.Int(flagConfirm))
	}
	if l.lock, err = readLockPolicy(c); err != nil || !c.IsSet(flagMaxDuration) {
		return l, err
	}
	text := c.String(flagMaxDuration)
	if err := l.most.UnmarshalText([]byte(text)); err != nil || l.most <= 0 {
		return l, usagef("--%s %q: give a duration, such as 90m or 8h", flagMaxDuration, text)
	}
	return l, nil
}

func (l runLimits) run(ctx context.Context, engine *surveysync.Engine) (surveysync.Result, error) {
	// Not a deadline: the pacers would refuse to wait beyond it, and end the pass early without a reason.
	if l.most > 0 {
		var stop context.CancelCauseFunc
		ctx, stop = context.WithCancelCause(ctx)
		defer stop(nil)
		defer time.AfterFunc(time.Duration(l.most), func() { stop(timeUp{l.most}) }).Stop()
	}
	result, err := engine.Run(ctx)
	if errors.As(err, new(timeUp)) {
		result.Limit = flagMaxDuration
	}
	return result, err
}
