package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report"
)

// rulesCommand groups what is done with rules and mappings.
func (s *shell) rulesCommand() *cli.Command {
	return &cli.Command{
		Name:            "rules",
		Usage:           "try the rules and the mapping on real conversations",
		HideHelpCommand: true,
		OnUsageError:    misuse,
		Action: func(*cli.Context) error {
			return usagef("say what to do with the rules: test; see acsync rules --help")
		},
		Subcommands: []*cli.Command{command(&cli.Command{
			Name:  "test",
			Usage: "show which rules hold for real conversations, and the resulting survey requests; nothing is sent",
			Description: "Reads from Kustomer, by default what was marked done in the last day: no ledger is needed, and what one remembers\n" +
				"does not count. Nor does sync.max_age. Agent Connect is asked only for filters.require_active_profile.",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: flagFrom, Value: "24h ago", Usage: "begin at `TIME`"},
				&cli.StringFlag{Name: flagTo, Value: "now", Usage: "end before `TIME`"},
				&cli.StringSliceFlag{Name: flagID, Usage: "only the conversation with this `ID`; can be repeated"},
				noPagerFlag(),
				&cli.StringFlag{Name: flagWith, Usage: "compare with the rules and the mapping of the configuration in `FILE`"},
			},
			Action: s.rulesTest,
		})},
	}
}

// rulesTest tries the rules.
func (s *shell) rulesTest(c *cli.Context) (err error) {
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	window, err := s.trialWindow(c, tenant.config)
	if err != nil {
		return err
	}
	if tenant.config.KustomerURL() == "" || !tenant.config.Kustomer.APIKey.IsSet() {
		return tenant.config.Ready()
	}
	log := terminal.logger(s.stderr)
	clients, err := connect(tenant.config, log)
	if err != nil {
		return err
	}
	trial := &report.Rules{Tenant: tenant.name, Window: window, With: c.String(flagWith)}
	var roster decide.ProfileLister
	if clients.connect != nil {
		roster = clients.connect
	}
	preview := fetch.Preview{Source: clients.kustomer, Directory: clients.kustomer, Notice: func(text string) { log.Warn(text) }}
	if preview.Policies, err = s.trialPolicies(c, tenant.config, trial, roster); err != nil {
		return err
	}
	if ids := c.StringSlice(flagID); len(ids) > 0 {
		err = preview.IDs(c.Context, ids, trial.Add)
	} else {
		err = preview.Range(c.Context, window, trial.Add)
	}
	if c.Context.Err() != nil {
		return context.Cause(c.Context)
	}
	if err != nil {
		return err
	}
	if c.Bool(flagJSON) {
		return trial.JSON(s.stdout)
	}
	return terminal.answer(report.RulesDoc(trial))
}

// trialWindow is the range that the flags name; zero where they name conversations.
func (s *shell) trialWindow(c *cli.Context, cfg config.Config) (fetch.Window, error) {
	if c.IsSet(flagWith) && c.String(flagWith) == "" {
		return fetch.Window{}, usagef("--%s is empty; name the file (is a variable of your shell not set?)", flagWith)
	}
	if slices.Contains(c.StringSlice(flagID), "") {
		return fetch.Window{}, usagef("--%s is empty; name a conversation (is a variable of your shell not set?)", flagID)
	}
	if c.IsSet(flagID) {
		if c.IsSet(flagFrom) || c.IsSet(flagTo) {
			return fetch.Window{}, usagef("--%s names conversations, --%s and --%s a range: give one or the other", flagID, flagFrom, flagTo)
		}
		return fetch.Window{}, nil
	}
	zone, err := cfg.Location()
	if err != nil {
		return fetch.Window{}, err
	}
	now := s.clock().UTC()
	from, err := parseTime(flagFrom, c.String(flagFrom), zone, now)
	if err != nil {
		return fetch.Window{}, err
	}
	to, err := parseTime(flagTo, c.String(flagTo), zone, now)
	if err != nil {
		return fetch.Window{}, err
	}
	window := fetch.Window{From: from.UTC().Truncate(time.Millisecond), To: to.UTC().Truncate(time.Millisecond)}
	switch {
	case window.Empty():
		return window, usagef("--%s must lie before --%s", flagFrom, flagTo)
	case window.From.Before(now.Add(-surveysync.Horizon)):
		return window, usagef("--%s lies more than two years back; Kustomer's search shows nothing that old", flagFrom)
	}
	return window, nil
}

// trialPolicies are the policy of the configuration, and that of the one to compare with.
func (s *shell) trialPolicies(c *cli.Context, cfg config.Config, trial *report.Rules, from decide.ProfileLister) ([]decide.Policy, error) {
	configs := []config.Config{cfg}
	if c.IsSet(flagWith) {
		other, err := load(config.Source{Path: c.String(flagWith), Env: s.env})
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", flagWith, err)
		}
		configs = append(configs, other)
		trial.WithName = policy(other).Rules.Names()
	}
	trial.Names = policy(cfg).Rules.Names()
	var profiles *decide.Profiles // listed once, and only where they are asked for
	var policies []decide.Policy
	for _, each := range configs {
		p := policy(each)
		p.MaxAge, p.AppURL = 0, cfg.KustomerAppURL()
		if each.Filters.RequireActiveProfile {
			var err error
			if profiles == nil && from == nil {
				return nil, each.Ready() // which names the key that is missing
			}
			if profiles == nil {
				profiles, err = decide.NewProfiles(from.Employees(c.Context))
			}
			if err != nil {
				return nil, err
			}
			p.Profiles = profiles
		}
		policies = append(policies, p)
	}
	return policies, nil
}
