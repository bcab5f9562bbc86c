package app

import (
	"path"
	"slices"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/tenant"

	"github.com/urfave/cli/v2"
)

const (
	flagWorkers = "workers"
	flagShow    = "show"
)

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

// chosenNames are those that the flags name; all where none is named.
func (f fleet) chosenNames() ([]string, error) {
	globs := f.c.StringSlice(flagTenant)
	if len(globs) == 0 {
		return f.folder.Names, nil
	}
	var names []string
	for _, glob := range globs {
		matches := func(name string) bool { ok, _ := path.Match(glob, name); return ok }
		switch _, err := path.Match(glob, ""); {
		case err != nil:
			return nil, usagef("--%s %q is no pattern; write a name, or a part of it with *", flagTenant, glob)
		case !slices.ContainsFunc(f.folder.Names, matches):
			return nil, usagef("--%s %q matches none of the %d tenants%s", flagTenant, glob, len(f.folder.Names),
				config.Suggest(glob, f.folder.Names))
		}
		names = append(names, slices.DeleteFunc(slices.Clone(f.folder.Names), func(name string) bool {
			return !matches(name)
		})...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// chosen loads those that the flags name; all where none is named.
func (f fleet) chosen() ([]tenant.Member, error) {
	names, err := f.chosenNames()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(f.folder.All(), func(m tenant.Member) bool {
		return !slices.Contains(names, m.Name)
	}), nil
}

// strays are the files that are not read, as texts; never nil, so that JSON has a list.
func (f fleet) strays() []string {
	texts := make([]string, len(f.folder.Strays))
	for i, each := range f.folder.Strays {
		texts[i] = each.Error()
	}
	return texts
}

// warnOfStrays logs them.
func (f fleet) warnOfStrays() {
	for _, stray := range f.strays() {
		f.terminal.logger(f.stderr).Warn(stray)
	}
}
