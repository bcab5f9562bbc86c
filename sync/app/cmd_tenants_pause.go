package app

import (
	"fmt"
	"strings"

	"acsync/sync/tenant"

	"github.com/urfave/cli/v2"
)

func tenantsPauseCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name: "pause", ArgsUsage: "NAME...",
		Usage:     "let no pass be made for tenants until they are resumed",
		UsageText: `acsync tenants pause acme --config-dir /etc/acsync --reason "new brand"  # until resume`,
		Description: `Passes of acsync run --config-dir and of acsync tenants run say that it is paused, and end
with 0. The mark lies beside the ledger.`,
		Flags: []cli.Flag{value(flagReason, "why: a `TEXT` that status and the passes show; needed")},
		Action: inFleet(l, false, func(f fleet) error {
			reason := strings.Join(strings.Fields(f.c.String(flagReason)), " ")
			if reason == "" {
				return usagef("--%s TEXT is needed: who finds it paused wants to know why", flagReason)
			}
			return markTenants(f, "paused", func(t *tenant.Tenant) error { return t.Pause(reason, "") })
		}),
	})
}

func tenantsResumeCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name: "resume", ArgsUsage: "NAME...",
		Usage:     "let passes be made again for tenants that were paused",
		UsageText: "acsync tenants resume acme --config-dir /etc/acsync  # the next pass goes on at its checkpoint",
		Action:    inFleet(l, false, func(f fleet) error { return markTenants(f, "resumed", (*tenant.Tenant).Resume) }),
	})
}

// markTenants marks the tenants of the arguments, all of them or, where one is broken, none.
func markTenants(f fleet, word string, act func(*tenant.Tenant) error) error {
	var names []string
	var members []tenant.Member
	for _, name := range f.c.Args().Slice() {
		if err := f.folder.Known(name); err != nil {
			return usagef("%v", err)
		}
		m := f.folder.Load(name)
		if m.Broken != nil {
			return m.Broken
		}
		members = append(members, m)
	}
	for _, m := range members {
		if err := act(m.Tenant); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		names = append(names, m.Name)
	}
	if f.c.Bool(flagJSON) {
		return f.printJSON(map[string]any{"schema": "acsync.tenants." + word + "/1", "tenants": names})
	}
	_, err := fmt.Fprintf(f.stdout, "%s: %s\n", word, strings.Join(names, ", "))
	return err
}
