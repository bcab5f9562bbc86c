package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/audit"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/journey"
	"acsync/sync/rebuild"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
	"acsync/sync/verify"
)

func auditCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "audit", Category: groupLook,
		Usage: "compare Kustomer, the ledger and Agent Connect",
		UsageText: `acsync audit --from "7d ago"  # do the three agree?
acsync audit --from "7d ago" --fix --dry-run  # what could be mended
acsync audit --from "7d ago" --without-ledger  # what something else has asked, or missed`,
		Description: `Compares what was marked done from --from until before --to in all
three systems, and changes nothing: it exits 0 where they agree, and 3 where
something was found. It needs the API secret; without it the ledger alone is
compared with Kustomer. It works without a ledger too, and tells then what
something else has asked, or missed. With --fix what Agent Connect has is marked
as accepted, and what was never asked waits for the next pass, as far as
sync.max_age and sync.max_per_run allow.`,
		Flags: []cli.Flag{
			described(flagFrom, "six days before the last day",
				"conversations marked done at this `TIME` or later: 30d ago, a date, or a time"),
			preset(flagTo, "now", "conversations marked done before this `TIME`"),
			toggle(flagWithoutLedger, "leave the ledger out, whether or not there is one"),
			toggle(flagFix, "show what can be mended, then mend it; nothing is sent"),
			toggle(flagDryRun, "with --fix: only show what would be mended"),
			ifLockedFlag(),
			noPagerFlag(),
			reportFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.Bool(flagFix) {
				return in(l, runAudit)(c)
			}
			return reading(l, runAudit)(c)
		},
	})
}

// auditing is an audit at work.
type auditing struct {
	*session
	lock    lockPolicy
	files   []output
	clients *tenant.Clients
	ledger  journey.Ledger // nil: there is none
	about   report.AuditTerms
	*audit.Audit
}

func runAudit(s *session) (err error) {
	a, err := newAuditing(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.compare(s.c.Context); err != nil {
		return err
	}
	made, err := report.NewAudit(a.Audit, a.about)
	if err != nil {
		return err
	}
	if !a.about.Fix || a.about.DryRun {
		return a.tell(made)
	}
	return a.fix(made)
}

func newAuditing(s *session) (*auditing, error) {
	a, cfg := &auditing{session: s}, s.tenant.Config
	a.about = report.AuditTerms{
		Tenant: s.tenant.Name, Here: here(s.c), AppURL: cfg.KustomerAppURL(), Zone: cfg.Location(),
		MaxAge: time.Duration(cfg.Sync.MaxAge), Fix: s.c.Bool(flagFix), DryRun: s.c.Bool(flagDryRun),
	}
	switch {
	case a.about.DryRun && !a.about.Fix:
		return nil, usagef("--%s goes with --%s: without it an audit changes nothing", flagDryRun, flagFix)
	case a.about.Fix && s.c.Bool(flagWithoutLedger):
		return nil, usagef("--%s writes into the ledger, and --%s leaves it out; nothing was changed", flagFix,
			flagWithoutLedger)
	}
	var err error
	if a.lock, err = readLockPolicy(s.c); err != nil {
		return nil, err
	}
	if a.files, err = reportFiles(s); err != nil {
		return nil, err
	}
	now := s.clock()
	a.about.Window, a.about.Cut, err = pastWindow(s.c, s.times(cfg, now))
	if err == nil {
		err = withinHorizon(a.about.Window, now)
	}
	if err != nil {
		return nil, err
	}
	if err := cfg.Ready(); err != nil {
		return nil, err
	}
	without := s.c.Bool(flagWithoutLedger)
	// The stand-ins of a demonstration learn from it what was sent, and lend their secret.
	if !without || s.tenant.Demo != nil {
		if a.ledger, err = s.lend(a.lock); err != nil {
			return nil, err
		}
	}
	if without {
		a.ledger = nil
	}
	if a.clients, err = s.connect(); err != nil {
		return nil, err
	}
	return a, a.prepare()
}

// prepare settles what is compared, and under which terms.
func (a *auditing) prepare() error {
	cfg, now := a.tenant.Config, a.clock()
	received := a.tenant.Remembers()
	terms := audit.Terms{
		Identity: store.Identity(cfg.Sync.SurveyPer), Received: received,
		Since: a.about.Window.From.Add(-verify.Skew), Settled: now.Add(-audit.Settles),
		Stamped: cfg.AgentConnect.Stamp,
	}
	switch {
	case !received && a.ledger == nil:
		return usagef("there is neither a ledger nor the API secret, and nothing that Kustomer could be " +
			"compared with: set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET, or make a ledger " +
			"with acsync init")
	case !received && a.about.Fix:
		return usagef("--%s must know what Agent Connect has, which needs the API secret: set "+
			"agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET; nothing was changed", flagFix)
	case a.ledger == nil && a.about.Fix:
		return exit.New(exit.LedgerMissing, fmt.Sprintf("--%s writes into the ledger, and there is none at %s: "+
			"acsync init makes one; nothing was changed", flagFix, a.path()))
	case !received:
		a.about.Notices = append(a.about.Notices, "Without the API secret nothing is known of what Agent "+
			"Connect has: who was asked twice, or by others, what has not arrived, and what became of the "+
			"mails. Set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET.")
	case a.ledger == nil:
		a.about.Notices = append(a.about.Notices, "Without a ledger whatever was asked counts as asked by "+
			"something else than acsync.")
	}
	if a.ledger != nil {
		info, err := a.ledger.Info()
		if err != nil {
			return err
		}
		terms.Ledger, terms.Known, terms.Identity = info.ID, fetch.KnownSince(info), info.Identity
		terms.Passed = info.Checkpoint.Add(-time.Duration(cfg.Sync.Overlap))
		a.about.Intents = info.Intents
		a.about.Queued = info.Counts[store.Scheduled] + info.Counts[store.Retry]
	}
	a.about.Mending = audit.Mending{Terms: terms, Most: cfg.Sync.MaxPerRun}
	if age := time.Duration(cfg.Sync.MaxAge); age > 0 {
		a.about.Oldest = now.Add(-age)
	}
	a.Audit = audit.New(terms)
	return nil
}

// compare reads the three systems, and compares them.
func (a *auditing) compare(ctx context.Context) error {
	log := a.terminal.logger(a.stderr)
	notice := func(text string) {
		log.Warn(text)
		a.about.Notices = append(a.about.Notices, text)
	}
	reader := journey.Reader{
		Source: a.clients.Kustomer, Directory: a.clients.Kustomer, Policy: tenant.Policy(a.tenant.Config),
		SurveyPer: decide.SurveyPer(a.Identity), Ledger: a.ledger, ToPresent: true, Notice: notice,
	}
	if a.Received {
		reader.Receiver = a.clients.AgentConnect
	}
	if a.tenant.Config.Filters.RequireActiveProfile && a.clients.Profiles != nil {
		profiles, err := decide.NewProfiles(a.clients.Profiles.Employees(ctx))
		if err != nil {
			return err
		}
		reader.Policy.Profiles = profiles
	}
	if err := eachJourney(ctx, reader, a.about.Window, a.Add); err != nil {
		return err
	}
	if err := a.Finish(ctx, a.clients.AgentConnect); err != nil {
		return a.stopped(err)
	}
	a.about.Lacking = a.LacksMost()
	agents, err := a.Agents()
	// Only now: without a key that Kustomer takes three warnings of names would come before the error.
	names := journey.ReadNames(ctx, a.clients.Kustomer, notice)
	names.Learn(ctx, agents)
	a.about.Agent = names.Agent
	return a.stopped(err)
}

// stopped is why the comparison came to no end.
func (a *auditing) stopped(err error) error {
	if err != nil && a.c.Context.Err() != nil {
		return context.Cause(a.c.Context)
	}
	return err
}

// tell shows the audit, and ends with what it has found.
func (a *auditing) tell(made report.Audit) error {
	asText := func(made report.Audit) doc.Doc { return report.AuditDoc(made, report.MostNamed) }
	err := publish(a.session, a.files, made, report.AuditRendererFor, report.AuditJSON, asText)
	if err != nil {
		return err
	}
	return auditEnd(made)
}

func auditEnd(made report.Audit) error {
	if code := made.Exit(); code != exit.Done {
		return ended{code, nil}
	}
	return nil
}

// fix shows what can be mended, mends it, and says what came of it.
func (a *auditing) fix(made report.Audit) error {
	asText := !a.c.Bool(flagJSON)
	if asText {
		err := doc.Text(a.stdout, report.AuditDoc(made, report.MostNamed), a.terminal.style())
		if err != nil {
			return fmt.Errorf("print the report; nothing was changed: %w", err)
		}
	}
	done, err := a.mend()
	if err != nil && done.Marked+done.Queued > 0 {
		return fmt.Errorf("%w; %s before that", err, report.MendedWords(done))
	} else if err != nil {
		return err
	}
	made = made.WithMended(done)
	if err := writeReports(a.files, made, report.AuditRendererFor); err != nil {
		return fmt.Errorf("%w; what was mended stays so", err)
	}
	if asText {
		err = doc.Text(a.stdout, report.MendedDoc(made), a.terminal.style())
	} else {
		err = report.AuditJSON(a.stdout, made)
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return auditEnd(made)
}

// mend holds the ledger for the writing alone.
func (a *auditing) mend() (done audit.Mended, err error) {
	var ledger tenant.Ledger
	err = a.lock.open(a.session, func() (err error) {
		ledger, err = a.tenant.Open(tenant.Access{})
		return err
	})
	if err != nil {
		return done, err
	}
	closeLedger := startHeartbeat(ledger, commandName(a.c)).Before(ledger.Close)
	done, err = a.about.Mend(ledger, a.Findings, a.LastShown, rebuild.Marker(ledger), time.Now())
	return done, errors.Join(err, closeLedger())
}
