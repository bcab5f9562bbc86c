package app

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/config"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

// session is a command at work: what was asked, where it is shown, and for whom.
type session struct {
	*commandLine
	c        *cli.Context
	terminal terminal
	tenant   *tenant.Tenant
}

// in lets a command that needs nothing but a session be the action of a command line.
func in(l *commandLine, act func(*session) error) cli.ActionFunc {
	return func(c *cli.Context) error { return inSession(l, c, act) }
}

// inSession gives a command what it needs, and takes it back when that has ended.
func inSession(l *commandLine, c *cli.Context, act func(*session) error) (err error) {
	s := &session{commandLine: l, c: c}
	if s.terminal, err = newTerminal(l, c); err != nil {
		return err
	}
	if c.String(flagConfig) == "" {
		return usagef("--%s is empty; name the file (is a variable of your shell not set?)", flagConfig)
	}
	if c.Bool(flagSandbox) {
		demo, closeDemo, err := newDemo(l, c)
		if err != nil {
			return err
		}
		s.tenant = demo
		return errors.Join(act(s), closeDemo())
	}
	cfg, err := tenant.Load(config.Source{Path: c.String(flagConfig), Env: l.env})
	if err != nil {
		return err
	}
	s.tenant = &tenant.Tenant{Config: cfg, Name: cfg.Kustomer.Org}
	return act(s)
}

// path is where the ledger lies.
func (s *session) path() string { return s.tenant.Config.Ledger.Path }

// connect makes the clients, which log to stderr.
func (s *session) connect() (*tenant.Clients, error) {
	return tenant.Connect(s.tenant.Config, userAgent(), s.terminal.logger(s.stderr))
}

// witness says what tells when the ledger is not the newest, apart from the files beside it.
func (s *session) witness() report.Witness {
	switch {
	case s.tenant.Demo != nil:
		return report.NotNeeded
	case !s.tenant.Config.AgentConnect.APISecret.IsSet():
		return report.NoSecret
	case !s.tenant.Config.AgentConnect.Stamp:
		return report.NoStamps
	}
	return report.Watching
}

// openPast opens the ledger for reading what was done. The sandbox's own is made by its first pass.
func (s *session) openPast() (*bolt.Ledger, error) {
	ledger, err := s.tenant.Open(bolt.Options{ReadOnly: true})
	if s.tenant.Demo != nil && errors.Is(err, store.ErrMissing) {
		return nil, fmt.Errorf("%w for the sandbox yet; acsync run --sandbox makes it", store.ErrMissing)
	}
	return ledger, err
}
