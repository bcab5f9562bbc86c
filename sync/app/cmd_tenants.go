package app

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

const (
	flagWorkers = "workers"
	flagShow    = "show"
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

// fleetCommand completes a command for many tenants.
func fleetCommand(c *cli.Command) *cli.Command {
	common := slices.DeleteFunc(commonFlags(), func(f cli.Flag) bool {
		return slices.Contains([]string{flagConfig, flagConfigDir, flagSandbox, flagTenant}, f.Names()[0])
	})
	c.Flags = append(append(c.Flags, value(flagConfigDir, "the `DIR` with _defaults.toml and tenants/NAME.toml; needed")),
		common...)
	return plain(c)
}

// chosenFlag stands on the commands that can work for some of the tenants.
func chosenFlag() cli.Flag {
	return values(flagTenant, "only those whose names match `GLOB`, such as acme-*; can be repeated")
}

// fleet is a command at work for many tenants.
type fleet struct {
	*session
	folder tenant.Folder
}

// inFleet gives a command the folder that it works on.
func inFleet(l *commandLine, readOnly bool, act func(fleet) error) cli.ActionFunc {
	return func(c *cli.Context) (err error) {
		s := &session{commandLine: l, c: c, readOnly: readOnly}
		if s.terminal, err = newTerminal(l, c); err != nil {
			return err
		}
		dir := c.String(flagConfigDir)
		if dir == "" {
			return exit.Advise(usagef("--%s DIR is needed: the folder with the tenants", flagConfigDir), "",
				"organisations")
		}
		f := fleet{session: s}
		source := config.Source{Env: l.env, ReadOnly: readOnly}
		if f.folder, err = tenant.OpenFolder(dir, source, l.databases); err != nil {
			return err
		}
		return act(f)
	}
}

// sessionOf is the session of one of them.
func (f fleet) sessionOf(m tenant.Member) *session {
	s := *f.session
	s.tenant, s.origins, s.warnings, s.of = m.Tenant, m.Origins, m.Warnings, m.Name
	return &s
}

// chosen loads those that the flags name; all where none is named.
func (f fleet) chosen() ([]tenant.Member, error) {
	globs := f.c.StringSlice(flagTenant)
	if len(globs) == 0 {
		return f.folder.All(), nil
	}
	for _, glob := range globs {
		matches := func(name string) bool { ok, _ := path.Match(glob, name); return ok }
		switch _, err := path.Match(glob, ""); {
		case err != nil:
			return nil, usagef("--%s %q is no pattern; write a name, or a part of it with *", flagTenant, glob)
		case !slices.ContainsFunc(f.folder.Names, matches):
			return nil, usagef("--%s %q matches none of the %d tenants%s", flagTenant, glob, len(f.folder.Names),
				config.Suggest(glob, f.folder.Names))
		}
	}
	return slices.DeleteFunc(f.folder.All(), func(m tenant.Member) bool {
		return !slices.ContainsFunc(globs, func(glob string) bool { ok, _ := path.Match(glob, m.Name); return ok })
	}), nil
}

// strays are the files that are not read, as texts.
func (f fleet) strays() (texts []string) {
	for _, each := range f.folder.Strays {
		texts = append(texts, each.Error())
	}
	return texts
}

func tenantsListCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name:      "list",
		Usage:     "list the tenants of a folder",
		UsageText: "acsync tenants list --config-dir /etc/acsync  # one name a line",
		Action: inFleet(l, true, func(f fleet) error {
			if f.c.Bool(flagJSON) {
				return f.printJSON(map[string]any{
					"schema": "acsync.tenants.list/1", "tenants": append([]string{}, f.folder.Names...),
					"strays": append([]string{}, f.strays()...),
				})
			}
			for _, name := range f.folder.Names {
				if _, err := fmt.Fprintln(f.stdout, name); err != nil {
					return err
				}
			}
			for _, stray := range f.strays() {
				f.terminal.logger(f.stderr).Warn(stray)
			}
			return nil
		}),
	})
}

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
				return f.showMember(name)
			}
			return f.check()
		}),
	})
}

func (f fleet) check() error {
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
			"schema": "acsync.tenants.check/1", "tenants": list, "strays": append([]string{}, f.strays()...),
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

// showMember prints what holds for a tenant. A secret is shown as being there.
func (f fleet) showMember(name string) error {
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
			err := inFleet(l, true, fleet.status)(c)
			if c.Bool(flagProbe) {
				return probed(l, err)
			}
			return err
		},
	})
}

func (f fleet) status() error {
	members, err := f.chosen()
	if err != nil {
		return err
	}
	found := report.Tenants{
		Dir: f.folder.Dir, Here: " --" + flagConfigDir + " " + shellPath(f.c.String(flagConfigDir)),
		Strays: f.strays(), All: f.c.Bool(flagAll), Now: time.Now(),
	}
	for _, m := range members {
		found.List = append(found.List, f.statusOf(m))
	}
	if f.c.Bool(flagProbe) {
		return answerProbe(f.commandLine, found.Probe())
	}
	return show(f.session, found, report.TenantsJSON, report.TenantsDoc)
}

// statusOf is where one stands. One that is paused needs a look, whatever else there is to say.
func (f fleet) statusOf(m tenant.Member) report.TenantStatus {
	act := func(err error) report.TenantStatus {
		complaint := newComplaint(err)
		return report.TenantStatus{
			Name: m.Name, Level: report.SignalAct, Text: strings.ReplaceAll(complaint.what, "\n", "; "),
			Todo: complaint.hint,
		}
	}
	if m.Broken != nil {
		return act(m.Broken)
	}
	paused, err := m.Tenant.Paused()
	if err != nil {
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
		if found.Level != report.SignalAct {
			found.Level, found.Text = report.SignalLook, text
			found.Todo = "acsync tenants resume " + m.Name
		} else {
			found.Text = text + "; " + found.Text
		}
	}
	return found
}

func tenantsPauseCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name: "pause", ArgsUsage: "NAME...",
		Usage:     "let no pass be made for tenants until they are resumed",
		UsageText: `acsync tenants pause acme --config-dir /etc/acsync --reason "new brand on Monday"`,
		Description: `Passes of acsync run --config-dir and of acsync tenants run say that it is paused, and end
with 0. The mark lies beside the ledger.`,
		Flags: []cli.Flag{value(flagReason, "why: a `TEXT` that status and the passes show; needed")},
		Action: inFleet(l, false, func(f fleet) error {
			reason := strings.Join(strings.Fields(f.c.String(flagReason)), " ")
			if reason == "" {
				return usagef("--%s TEXT is needed: who finds it paused wants to know why", flagReason)
			}
			return f.mark("paused", func(t *tenant.Tenant) error { return t.Pause(reason) })
		}),
	})
}

func tenantsResumeCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name: "resume", ArgsUsage: "NAME...",
		Usage:     "let passes be made again for tenants that were paused",
		UsageText: "acsync tenants resume acme --config-dir /etc/acsync  # the next pass goes on at its checkpoint",
		Action:    inFleet(l, false, func(f fleet) error { return f.mark("resumed", (*tenant.Tenant).Resume) }),
	})
}

// mark marks the tenants of the arguments, all of them or, where one is broken, none.
func (f fleet) mark(word string, act func(*tenant.Tenant) error) error {
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
