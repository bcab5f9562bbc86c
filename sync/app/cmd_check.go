package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store/bolt"
	"acsync/sync/check"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

func checkCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "check", Category: groupSetUp,
		Usage: "look whether all is set up as passes need it, and what to do",
		UsageText: `acsync check  # everything, with some 30 calls
acsync check --offline  # the configuration and the ledger alone
acsync check --json > check.json  # to be given to whoever helps: no name, address or secret is in it`,
		Description: `Looks at the configuration and where each value comes from, both services and what the keys
may do, what is true of your organisation and could only be inferred, what the rules and
the mapping make of the last day, and the ledger. It makes at most some 30 calls, creates no
survey request, writes nothing, and shows no name, no address and no secret: what it prints
can be given to others. Exit 0 when nothing failed, else the code of the worst failure.`,
		Flags: []cli.Flag{toggle(flagOffline, "call neither service"), noPagerFlag()},
		Action: func(c *cli.Context) error {
			err := reading(l, checkAll)(c)
			// A configuration that cannot be used is a finding like any other.
			if faults, ok := errors.AsType[config.Faults](err); ok {
				return checkFaults(l, c, faults)
			}
			return err
		},
	})
}

// fileOf names the configuration that a command line asks for.
func fileOf(c *cli.Context) string {
	if dir := c.String(flagConfigDir); dir != "" {
		return config.TenantFile(dir, c.String(flagTenant))
	}
	return c.String(flagConfig)
}

// checking is a command that looks whether everything is in order.
type checking struct{ *session }

// checkFaults is the check where the configuration cannot be used.
func checkFaults(l *commandLine, c *cli.Context, faults config.Faults) error {
	s := checking{&session{commandLine: l, c: c, tenant: &tenant.Tenant{Env: l.env}}}
	var err error
	if s.terminal, err = newTerminal(l, c); err != nil {
		return err
	}
	return s.show(check.Run(c.Context, check.All(check.Subject{File: fileOf(c), Faults: faults})),
		nil, tenant.Calls{})
}

func checkAll(at *session) error {
	s := checking{at}
	if s.tenant.Demo != nil {
		// The stand-ins lend their secret with the ledger; what is wrong with that its own line says.
		_, _ = s.lend(lockPolicy{})
	}
	subject, clients := s.subject()
	ledger := s.ledgerFacts()
	subject.Ledger = &ledger
	probes := check.All
	if s.c.Bool(flagOffline) {
		probes = check.Local
	}
	lines := check.Run(s.c.Context, probes(subject))
	if err := s.c.Context.Err(); err != nil {
		return context.Cause(s.c.Context)
	}
	return s.show(lines, subject.Settings, clients.Calls())
}

// subject is what there is to be checked, but for the ledger.
func (s checking) subject() (check.Subject, *tenant.Clients) {
	cfg := s.tenant.Config
	subject := check.Subject{
		Config: cfg, Settings: check.Settings(cfg, s.origins), Policy: tenant.Policy(cfg), Now: s.clock,
		Warnings: slices.Concat(s.warnings, cfg.Warnings()),
	}
	if s.tenant.Demo == nil || s.c.IsSet(flagConfig) {
		subject.File = s.from
	}
	// What is missing for a call its own line says.
	clients, _ := tenant.ConnectBriefly(cfg, userAgent(), slog.New(slog.DiscardHandler))
	subject.Calls = func() int { return clients.Calls().Kustomer }
	if clients.Kustomer != nil {
		subject.Kustomer = clients.Kustomer
	}
	if clients.AgentConnect != nil {
		subject.AgentConnect = clients.AgentConnect
	}
	return subject, clients
}

// ledgerFacts are what can be found out of the ledger without changing it.
func (s checking) ledgerFacts() check.Ledger {
	l := check.Ledger{
		Path: s.tenant.Where(), Without: s.tenant.Demo != nil, Here: here(s.c),
		Shared: s.tenant.Config.Ledger.InDatabase(),
	}
	if !l.Shared {
		s.lookAtFiles(&l)
	}
	ledger, err := s.tenant.Open(tenant.Access{ReadOnly: true})
	if errors.Is(err, tenant.ErrUnmade) {
		return l
	}
	if l.Open = pointError(s.c, err); err != nil {
		return l
	}
	status := newStatus(s.session)
	err = readStatus(s.session, ledger, &status)
	if l.Open = pointError(s.c, errors.Join(err, ledger.Close())); l.Open != nil {
		return l
	}
	status.Backups = backupsOf(s.session, status.ID, status.Now)
	if status.Last != nil {
		status.Ending = exitAdvice(status.Last.Exit)
	}
	l.Info = status.Info
	for _, signal := range status.Signals() {
		l.Watched = append(l.Watched, watched(signal, status))
	}
	return l
}

// lookAtFiles finds out what the file system tells of a ledger.
func (s checking) lookAtFiles(l *check.Ledger) {
	l.Site = bolt.SiteOf(l.Path)
	if s.tenant.Config.Ledger.AllowNetwork {
		l.Site.Network = nil
	}
	files := bolt.Files(l.Path)
	if info, err := os.Stat(files[0]); err == nil {
		l.Made, l.Mode = true, info.Mode()
	}
	_, err := os.Stat(files[1])
	l.Fenced, l.Abandoned = err == nil, s.tenant.Abandoned()
}

// watched is a signal of the status as a line of a check.
func watched(signal report.Signal, status report.Status) check.Watched {
	r := check.Result{Level: check.OK, Text: signal.Text, Todo: signal.Todo}
	switch {
	case signal.Level == report.SignalOK:
	// How the last pass ended is history: what is wrong now has its own line.
	case signal.Level == report.SignalLook, signal.Name == "last pass":
		r.Level = check.Look
	default:
		r.Level, r.Code = check.Failed, exit.Usage
		ahead := signal.Name == "checkpoint" && status.Checkpoint.After(status.Now)
		if ahead || signal.Name == "place" {
			r.Code = exit.LedgerDamaged
		}
	}
	return check.Watched{Name: signal.Name, Result: r}
}

// show shows what was found, and ends with the code of the worst of it.
func (s checking) show(lines []check.Line, settings []check.Setting, calls tenant.Calls) error {
	code := check.Worst(lines)
	scrub := s.scrubber()
	for i, line := range lines {
		lines[i].Text, lines[i].Todo = scrub(line.Text), pointed(s.c, scrub(line.Todo))
	}
	for i, each := range settings {
		settings[i].Value, settings[i].From = scrub(each.Value), scrub(each.From)
	}
	err := show(s.session, report.Check{
		Lines: lines, Settings: settings, Tenant: s.tenant.Name, Version: "acsync " + builtFrom().String(), Here: here(s.c),
		Calls: report.Calls(calls), Exit: int(code), Meaning: code.String(), Now: time.Now(),
	}, report.CheckJSON, report.CheckDoc)
	if err == nil && code != exit.Done {
		return ended{code, nil}
	}
	return err
}

// scrubber takes out of a text what names who works here: the home directory, and the machine.
func (s checking) scrubber() func(string) string {
	var pairs []string
	home, _ := config.Variable(s.env, "HOME")
	if filepath.IsAbs(home) && len(filepath.Clean(home)) > 1 {
		pairs = append(pairs, filepath.Clean(home), "~")
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 {
		pairs = append(pairs, host, "this machine")
	}
	return strings.NewReplacer(pairs...).Replace
}

// quickCheck is how long a command that has done its work goes on for a check.
const quickCheck = 15 * time.Second

// checkQuickly looks at the keys and the roles, for a command whose own work is done: whatever it finds is no
// failure of that. Nil where there is no key yet.
func checkQuickly(at *session) []check.Line {
	s := checking{at}
	cfg := s.tenant.Config
	if !cfg.Kustomer.APIKey.IsSet() || cfg.KustomerURL() == "" || !cfg.AgentConnect.APIKey.IsSet() {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.c.Context, quickCheck)
	defer cancel()
	subject, _ := s.subject()
	lines := check.Run(ctx, check.Quick(subject))
	scrub := s.scrubber()
	for i, line := range lines {
		lines[i].Text, lines[i].Todo = scrub(line.Text), pointed(s.c, scrub(line.Todo))
	}
	return lines
}
