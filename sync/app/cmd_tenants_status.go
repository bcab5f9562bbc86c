package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"acsync/store/postgres"
	"acsync/sync/report"
	"acsync/sync/tenant"

	"github.com/urfave/cli/v2"
)

func tenantsStatusCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name:  "status",
		Usage: "show all tenants on one screen, the worst first",
		UsageText: `acsync tenants status --config-dir /etc/acsync  # is all well?
acsync tenants status --config-dir /etc/acsync --check  # one line for Nagios, Icinga or Checkmk`,
		Flags: []cli.Flag{
			toggle(flagAll, "list those that are well, too"),
			toggle(flagProbe, "print one line for a monitor, and exit 0, 1, 2 or 3: OK, WARNING, CRITICAL, "+
				"UNKNOWN"),
			chosenFlag(), noPagerFlag(),
		},
		Action: func(c *cli.Context) error {
			if c.Bool(flagProbe) && c.Bool(flagJSON) {
				return usagef("--%s prints its one line alone: leave out --%s", flagProbe, flagJSON)
			}
			err := inFleet(l, true, statusOfTenants)(c)
			if c.Bool(flagProbe) {
				return probed(l, err)
			}
			return err
		},
	})
}

func statusOfTenants(f fleet) error {
	members, err := f.chosen()
	if err != nil {
		return err
	}
	found := report.Tenants{
		Dir: f.folder.Dir, Here: " --" + flagConfigDir + " " + shellPath(f.c.String(flagConfigDir)),
		Strays: f.strays(), All: f.c.Bool(flagAll), Now: time.Now(),
	}
	silent := map[string]bool{}
	for _, m := range members {
		found.List = append(found.List, statusOfMember(f, m, silent))
	}
	if f.c.Bool(flagProbe) {
		return answerProbe(f.commandLine, found.Probe())
	}
	return show(f.session, found, report.TenantsJSON, report.TenantsDoc)
}

// statusOfMember is where one stands. One that is paused needs a look, whatever else there is to say, and
// somebody who acts where its passes could not work. A database that was silent once is not waited for again:
// for hundreds of tenants that would take hours.
func statusOfMember(f fleet, m tenant.Member, silent map[string]bool) report.TenantStatus {
	act := func(err error) report.TenantStatus {
		complaint := newComplaint(err)
		return report.TenantStatus{
			Name: m.Name, Level: report.SignalAct, Text: strings.ReplaceAll(complaint.what, "\n", "; "),
			Todo: pointedTo(f.c.App, hereOf(f.sessionOf(m)), complaint.hint),
		}
	}
	if m.Broken != nil {
		return act(m.Broken)
	}
	address := m.Tenant.Config.Ledger.URL.Reveal()
	if silent[address] {
		return act(fmt.Errorf("%w, as for the tenants before", postgres.ErrUnreachable))
	}
	paused, err := m.Tenant.Paused()
	if err != nil {
		silent[address] = errors.Is(err, postgres.ErrUnreachable)
		return act(err)
	}
	if err := m.Tenant.Config.Ready(); err != nil {
		return act(err)
	}
	status, whole, err := findStatus(f.sessionOf(m))
	var found report.TenantStatus
	switch {
	case err != nil:
		found = act(err)
	case !whole:
		found = report.TenantStatus{Name: m.Name, Level: report.SignalOK, Text: "a pass has just begun"}
	default:
		found = report.NewTenantStatus(m.Name, status)
	}
	if paused != nil {
		found.Paused = true
		text := "paused since " + paused.Since.Format("2006-01-02 15:04") + " UTC: " + paused.Reason
		resume := fmt.Sprintf("acsync tenants resume %s --%s %s", m.Name, flagConfigDir,
			shellPath(f.c.String(flagConfigDir)))
		switch {
		case found.Level == report.SignalAct && found.Todo != "":
			found.Text, found.Todo = text+"; "+found.Text, found.Todo+"; then "+resume
		case found.Level == report.SignalAct:
			found.Text, found.Todo = text+"; "+found.Text, resume
		case paused.Until != "":
			found.Level, found.Text, found.Todo = report.SignalAct, text, resume
		default:
			found.Level, found.Text, found.Todo = report.SignalLook, text, resume
		}
	}
	return found
}
