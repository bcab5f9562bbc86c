package app

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func tenantsListCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name:      "list",
		Usage:     "list the tenants of a folder",
		UsageText: "acsync tenants list --config-dir /etc/acsync  # one name a line",
		Action: inFleet(l, true, func(f fleet) error {
			if f.c.Bool(flagJSON) {
				return f.printJSON(map[string]any{
					"schema": "acsync.tenants.list/1", "tenants": append([]string{}, f.folder.Names...),
					"strays": f.strays(),
				})
			}
			for _, name := range f.folder.Names {
				if _, err := fmt.Fprintln(f.stdout, name); err != nil {
					return err
				}
			}
			f.warnOfStrays()
			return nil
		}),
	})
}
