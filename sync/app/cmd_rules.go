package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

func rulesCommand(l *commandLine) *cli.Command {
	return group(&cli.Command{
		Name: "rules", Category: groupLook,
		Usage: "try the rules and the mapping on real conversations",
		Subcommands: []*cli.Command{command(&cli.Command{
			Name: "test",
			Usage: "show which rules hold for real conversations, and the resulting survey requests; " +
				"nothing is sent",
			UsageText: `acsync rules test  # of the last day
acsync rules test --from "7d ago" --with new.toml  # what other rules would change
acsync rules test --json > before.json  # kept, for a later --expect before.json`,
			Description: `Reads from Kustomer, by default what was marked done in the last day: no ledger is
needed, and what one remembers does not count. Nor does sync.max_age. Agent Connect
is asked only for filters.require_active_profile.`,
			Flags: []cli.Flag{
				preset(flagFrom, "24h ago", "begin at `TIME`"),
				preset(flagTo, "now", "end before `TIME`"),
				noPagerFlag(),
				values(flagID, "only the conversation with this `ID`; can be repeated"),
				value(flagWith, "compare with the rules and the mapping of the configuration in `FILE`"),
				value(flagExpect, fmt.Sprintf("decide the conversations of `FILE` again, which an earlier "+
					"--%s wrote; exit %d when they are decided otherwise", flagJSON, exit.NeedsHand)),
				reportFlag(),
			},
			Action: in(l, testRules),
		})},
	}, "rules: test")
}

func testRules(s *session) error {
	cfg := s.tenant.Config
	window, err := trialWindow(s)
	if err != nil {
		return err
	}
	if cfg.KustomerURL() == "" || !cfg.Kustomer.APIKey.IsSet() {
		return cfg.Ready()
	}
	expected, err := readExpected(s.c)
	if err != nil {
		return err
	}
	files, err := reportFiles(s)
	if err != nil {
		return err
	}
	log := s.terminal.logger(s.stderr)
	clients, err := tenant.Connect(cfg, userAgent(), log)
	if err != nil {
		return err
	}
	trial := &report.Rules{
		Tenant: s.tenant.Name, Window: window, With: s.c.String(flagWith), AppURL: cfg.KustomerAppURL(),
	}
	preview := fetch.Preview{
		Source: clients.Kustomer, Directory: clients.Kustomer, Notice: func(text string) { log.Warn(text) },
	}
	if preview.Policies, err = trialPolicies(s, trial, clients); err != nil {
		return err
	}
	trial.Mapped = decide.MappedFields(preview.Policies[0])
	for _, each := range preview.Policies {
		trial.Named = append(trial.Named, decide.Attributes(each)...)
	}
	ids := s.c.StringSlice(flagID)
	if expected != nil {
		trial.Expected, preview.Partial, ids = expected, true, expected.IDs()
	}
	if len(ids) > 0 {
		err = preview.IDs(s.c.Context, ids, trial.Add)
	} else {
		err = preview.Range(s.c.Context, window, trial.Add)
	}
	if s.c.Context.Err() != nil {
		return context.Cause(s.c.Context)
	}
	if err != nil {
		return err
	}
	if err := writeReports(files, trial, report.RulesRendererFor); err != nil {
		return err
	}
	err = show(s, trial, report.RulesJSON, func(r *report.Rules) doc.Doc { return report.RulesDoc(r, 0) })
	if err == nil && trial.Unexpected() > 0 {
		return ended{code: exit.NeedsHand}
	}
	return err
}

// largestTrial is more than a trial of a hundred thousand conversations takes.
const largestTrial = 256 << 20

// readExpected reads the expectations that --expect names; nil for none.
func readExpected(c *cli.Context) (*report.Expected, error) {
	if !c.IsSet(flagExpect) {
		return nil, nil
	}
	path := c.String(flagExpect)
	text, err := readRegular(path, largestTrial)
	if err != nil {
		return nil, usagef("--%s %q cannot be read: %v; write it by acsync rules test --%s > FILE",
			flagExpect, path, err, flagJSON)
	}
	expected, err := report.ReadExpected(path, text)
	if err != nil {
		return nil, usagef("--%s %q: %v", flagExpect, path, err)
	}
	return expected, nil
}

// trialWindow is the range that the flags name; zero where they name conversations.
func trialWindow(s *session) (w fetch.Window, err error) {
	const unset = "is empty; name %s (is a variable of your shell not set?)"
	switch c := s.c; {
	case c.IsSet(flagWith) && c.String(flagWith) == "":
		return w, usagef("--%s "+unset, flagWith, "the file")
	case slices.Contains(c.StringSlice(flagID), ""):
		return w, usagef("--%s "+unset, flagID, "a conversation")
	case c.IsSet(flagExpect) && c.String(flagExpect) == "":
		return w, usagef("--%s "+unset, flagExpect, "the file")
	case c.IsSet(flagExpect) && slices.ContainsFunc([]string{flagID, flagFrom, flagTo, flagWith}, c.IsSet):
		return w, usagef("--%s names the conversations and what to compare them with: leave out --%s, --%s, "+
			"--%s and --%s", flagExpect, flagID, flagFrom, flagTo, flagWith)
	case c.IsSet(flagID) && (c.IsSet(flagFrom) || c.IsSet(flagTo)):
		return w, usagef("--%s names conversations, --%s and --%s a range: give one or the other", flagID,
			flagFrom, flagTo)
	case c.IsSet(flagID), c.IsSet(flagExpect):
		return w, nil
	}
	now := s.clock().UTC()
	if w, err = s.times(s.tenant.Config, now).window(s.c); err != nil {
		return w, err
	}
	w.From, w.To = w.From.UTC().Truncate(time.Millisecond), w.To.UTC().Truncate(time.Millisecond)
	switch {
	case w.Empty():
		return w, usagef("--%s must lie before --%s", flagFrom, flagTo)
	case w.From.Before(now.Add(-surveysync.Horizon)):
		return w, usagef("--%s lies more than two years back; Kustomer's search shows nothing that old",
			flagFrom)
	}
	return w, nil
}

// trialPolicies are the policy of the configuration, and that of the one to compare with.
func trialPolicies(
	s *session, trial *report.Rules, clients *tenant.Clients,
) (policies []decide.Policy, err error) {
	configs := []config.Config{s.tenant.Config}
	if path := s.c.String(flagWith); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("--%s %q does not exist; name the configuration to compare with", flagWith,
				path)
		}
		other, err := tenant.Load(config.Source{Path: path, Env: s.env})
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", flagWith, err)
		}
		configs = append(configs, other)
		trial.WithName = tenant.Policy(other).Rules.Names()
	}
	trial.Names = tenant.Policy(s.tenant.Config).Rules.Names()
	var profiles *decide.Profiles // listed once, and only where they are asked for
	for _, each := range configs {
		p := tenant.Policy(each)
		p.MaxAge, p.AppURL = 0, s.tenant.Config.KustomerAppURL()
		if each.Filters.RequireActiveProfile && profiles == nil {
			// The error names the key that is missing.
			if clients.AgentConnect == nil {
				return nil, each.Ready()
			}
			if profiles, err = decide.NewProfiles(clients.AgentConnect.Employees(s.c.Context)); err != nil {
				return nil, err
			}
		}
		if each.Filters.RequireActiveProfile {
			p.Profiles = profiles
		}
		policies = append(policies, p)
	}
	return policies, nil
}
