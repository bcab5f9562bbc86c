package app

import (
	"github.com/urfave/cli/v2"
)

func tenantsCommand(l *commandLine) *cli.Command {
	return group(&cli.Command{
		Name: "tenants", Category: groupSetUp,
		Usage: "serve many organisations from one folder of configurations",
		Subcommands: []*cli.Command{
			tenantsListCommand(l), tenantsCheckCommand(l), tenantsStatusCommand(l), tenantsRunCommand(l),
			tenantsPauseCommand(l), tenantsResumeCommand(l), tenantsReportCommand(l),
		},
	}, "tenants")
}
