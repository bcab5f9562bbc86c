package app

import (
	"context"

	"github.com/urfave/cli/v2"

	"acsync/sync/decide"
	"acsync/sync/journey"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// agentsOnScreen is how many agents a terminal shows.
const agentsOnScreen = 50

func agentsCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "agents", Category: groupLook,
		Usage: "show the agents of a week: who has no active profile",
		UsageText: `acsync agents  # those of the last whole week
acsync agents --from "30d ago" --without-profile --report agents.csv  # a list for whoever makes profiles`,
		Description: `Reads Kustomer, the ledger and, with the API secret, Agent Connect's profiles and data;
nothing is sent, nothing is written. It says how many customers were not asked because
their agent has no active profile. Without --from and --to it is about the
conversations of the last whole week, as acsync report is.`,
		Flags: []cli.Flag{
			described(flagFrom, "the Monday of last week",
				"marked done at this `TIME` or later: 30d ago, a date, or a time"),
			described(flagTo, "the Monday of this week, now if --from is given", "marked done before this `TIME`"),
			toggle(flagWithoutProfile, "show only agents without an active profile"),
			ifLockedFlag(),
			noPagerFlag(),
			reportFlag(),
		},
		Action: reading(l, showAgents),
	})
}

func showAgents(s *session) error {
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	files, err := reportFiles(s)
	if err != nil {
		return err
	}
	cfg := s.tenant.Config
	terms := report.RangeTerms{
		Tenant: s.tenant.Name, Here: here(s.c), AppURL: cfg.KustomerAppURL(), Zone: cfg.Location(),
	}
	terms.Window, terms.Cut, err = doneWindow(s.c, s.times(cfg, s.clock()), s.tenant.Demo)
	if err != nil {
		return err
	}
	made, err := countAgents(s, lock, terms)
	if err != nil {
		return err
	}
	return publish(s, files, made, report.AgentsRendererFor, report.AgentsJSON, func(r report.Agents) doc.Doc {
		return report.AgentsDoc(r, agentsOnScreen)
	})
}

// countAgents reads the range from the three systems, and counts the conversations of each agent.
func countAgents(s *session, lock lockPolicy, terms report.RangeTerms) (made report.Agents, err error) {
	ctx := s.c.Context
	lacking := s.c.Bool(flagWithoutProfile)
	sign := newSign(s)
	defer sign.end()
	clients, reader, err := openRange(s, lock, sign, &terms)
	if err != nil {
		return made, err
	}
	profiles, err := readProfiles(ctx, s, clients)
	switch {
	case err != nil:
		return made, err
	case profiles == nil && lacking:
		return made, usagef("--%s needs Agent Connect's list of profiles, and agent_connect.api_secret is not set; "+
			"set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET", flagWithoutProfile)
	case s.tenant.Config.Filters.RequireActiveProfile:
		reader.Policy.Profiles = profiles
	}
	notice := func(text string) { terms.Notices = append(terms.Notices, sentenceOf(text)) }
	if s.tenant.Config.Mapping.EmployeeCustomID != "" {
		notice("profiles are looked for by the agents' addresses; requests name agents by " +
			"mapping.employee_custom_id")
	}
	reader.Progress = sign.reading(terms.Window, terms.Zone)
	counter := report.NewAgentsCounter(terms)
	err = eachJourney(ctx, reader, terms.Window, func(j journey.Journey) error {
		counter.Add(j)
		return nil
	})
	if err != nil {
		return made, err
	}
	names := journey.ReadNames(ctx, clients.Kustomer, notice)
	names.Learn(ctx, counter.Agents())
	if ctx.Err() != nil {
		return made, context.Cause(ctx)
	}
	counter.Notices = terms.Notices
	return counter.Report(names, profiles, lacking), nil
}

// readProfiles reads all profiles of Agent Connect; nil where it cannot be asked.
func readProfiles(ctx context.Context, s *session, clients *tenant.Clients) (*decide.Profiles, error) {
	if clients.Profiles == nil || !s.tenant.Config.AgentConnect.APISecret.IsSet() {
		return nil, nil
	}
	return decide.ReadProfiles(clients.Profiles.Profiles(ctx))
}
