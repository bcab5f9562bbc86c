package app

import (
	"fmt"
	"slices"
	"strings"

	"acsync/sync/config"
	"acsync/sync/exit"

	"github.com/urfave/cli/v2"
)

func tenantsCheckCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name:  "check",
		Usage: "read all configurations, and show what is wrong with each",
		UsageText: `acsync tenants check --config-dir /etc/acsync  # exit 12 where one is broken
acsync tenants check --config-dir /etc/acsync --show acme  # what holds for one, and where each key comes from`,
		Description: `Neither service is called; acsync check --config-dir DIR --tenant NAME does that for
one. A broken file stops its tenant only.`,
		Flags: []cli.Flag{
			value(flagShow, "show every key of the tenant `NAME` with the file and line that it comes from"),
			chosenFlag(),
		},
		Action: inFleet(l, true, func(f fleet) error {
			if name := f.c.String(flagShow); name != "" {
				return showTenant(f, name)
			}
			return checkTenants(f)
		}),
	})
}

func checkTenants(f fleet) error {
	members, err := f.chosen()
	if err != nil {
		return err
	}
	worst, list := exit.Done, []map[string]any{}
	var text strings.Builder
	for _, m := range members {
		faults := []string{}
		if m.Broken != nil {
			worst, faults = exit.Usage, strings.Split(m.Broken.Error(), "\n")
		} else if err := m.Tenant.Config.Ready(); err != nil {
			worst, faults = exit.Usage, strings.Split(err.Error(), "\n")
		}
		list = append(list, map[string]any{
			"tenant": m.Name, "sound": len(faults) == 0, "faults": faults,
			"warnings": append([]string{}, m.Warnings...),
		})
		word := "ok"
		if len(faults) > 0 {
			word = "broken"
		}
		fmt.Fprintf(&text, "%-7s %s\n", word, m.Name)
		for _, each := range slices.Concat(faults, m.Warnings) {
			fmt.Fprintf(&text, "        %s\n", each)
		}
	}
	for _, each := range f.strays() {
		worst = exit.Usage
		fmt.Fprintf(&text, "stray   %s\n", each)
	}
	if f.c.Bool(flagJSON) {
		err = f.printJSON(map[string]any{
			"schema": "acsync.tenants.check/1", "tenants": list, "strays": f.strays(),
			"exit": worst,
		})
	} else {
		_, err = fmt.Fprint(f.stdout, text.String())
	}
	if err == nil && worst != exit.Done {
		return ended{worst, nil}
	}
	return err
}

// showTenant prints what holds for a tenant. A secret is shown as being there.
func showTenant(f fleet, name string) error {
	if err := f.folder.Known(name); err != nil {
		return usagef("%v", err)
	}
	m := f.folder.Load(name)
	if m.Broken != nil {
		return m.Broken
	}
	type key struct {
		Key    string `json:"key"`
		Value  string `json:"value"`
		Origin string `json:"origin"`
	}
	cfg := m.Tenant.Config
	var keys []key
	add := func(name, value string) {
		origin := m.Origins[name]
		for at := name; origin == "" && strings.ContainsAny(at, ".["); origin = m.Origins[at] {
			at = at[:strings.LastIndexAny(at, ".[")]
		}
		if origin == "" {
			origin = "default"
		}
		keys = append(keys, key{name, value, origin})
	}
	for _, each := range cfg.Show() {
		add(each.Key, each.Value)
	}
	add("ledger.path", cfg.Ledger.Path)
	for _, secret := range config.Secrets() {
		add(secret, fmt.Sprint(cfg.Secret(secret)))
	}
	if f.c.Bool(flagJSON) {
		return f.printJSON(map[string]any{"schema": "acsync.tenants.show/1", "tenant": name, "keys": keys})
	}
	var text strings.Builder
	for _, each := range keys {
		fmt.Fprintf(&text, "%s = %q  # %s\n", each.Key, each.Value, each.Origin)
	}
	return f.terminal.show(f.stdout, text.String())
}
