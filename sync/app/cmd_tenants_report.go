package app

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

func tenantsReportCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name:  "report",
		Usage: "show what became of a week, in a row for each tenant",
		UsageText: `acsync tenants report --config-dir /etc/acsync  # the last whole week, Monday to Monday
acsync tenants report --config-dir /etc/acsync --report week.html  # a page to keep`,
		Description: `Each row is the first line of acsync report for its tenant; there are sums only, and no
conversations. Nothing is sent, nothing is written.`,
		Flags: []cli.Flag{
			described(flagFrom, "the Monday of last week",
				"marked done at this `TIME` or later: 30d ago, a date, or a time"),
			described(flagTo, "the Monday of this week, now if --from is given", "marked done before this `TIME`"),
			chosenFlag(), ifLockedFlag(), noPagerFlag(), reportFlag(),
		},
		Action: inFleet(l, true, reportTenants),
	})
}

func reportTenants(f fleet) error {
	lock, err := readLockPolicy(f.c)
	if err != nil {
		return err
	}
	members, err := f.chosen()
	if err != nil {
		return err
	}
	s := *f.session
	s.tenant = &tenant.Tenant{}
	files, err := reportFiles(&s)
	if err != nil {
		return err
	}
	made := report.TenantRanges{Dir: f.folder.Dir}
	worst := exit.Done
	for _, m := range members {
		row := report.TenantRange{Name: m.Name}
		row.Range, err = rangeOf(f, m, lock)
		if f.c.Context.Err() != nil {
			return err
		}
		if err != nil {
			worst = exit.Worst(worst, exitCode(err))
			row.Failed = newComplaint(err).what
		}
		made.List = append(made.List, row)
	}
	err = publish(&s, files, made, report.TenantRangesRendererFor, report.TenantRangesJSON, report.TenantRangesDoc)
	if err == nil && worst != exit.Done {
		return ended{worst, nil}
	}
	return err
}

// rangeOf is the report of one of them.
func rangeOf(f fleet, m tenant.Member, lock lockPolicy) (made report.Range, err error) {
	if m.Broken != nil {
		return made, m.Broken
	}
	s := f.sessionOf(m)
	terms := report.RangeTerms{Tenant: m.Name, Here: hereOf(s), Zone: m.Tenant.Config.Location(), By: [][]string{}}
	at := s.times(m.Tenant.Config, s.clock())
	if terms.Window, terms.Cut, err = doneWindow(s.c, at, nil); err != nil {
		return made, err
	}
	if made, err = countRange(s, lock, terms); err != nil {
		return made, fmt.Errorf("%s: %w", m.Name, err)
	}
	return made, nil
}
