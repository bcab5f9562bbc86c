package app

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/report/doc"
)

// command completes a command that acts. It takes the argument that ArgsUsage names.
func command(c *cli.Command) *cli.Command {
	c.Flags = append(c.Flags, commonFlags()...)
	return plain(c)
}

// plain is command for one that needs no configuration, no ledger and no log, and has no flags for them.
func plain(c *cli.Command) *cli.Command {
	action := c.Action
	c.HideHelp, c.OnUsageError = true, misuse
	c.Action = func(ctx *cli.Context) error {
		err := misshapen(ctx, cmp.Or(checkFlags(ctx), checkArguments(ctx)))
		if err = cmp.Or(err, checkAddressSpace()); err == nil {
			err = action(ctx)
		}
		return pointError(ctx, advised(ctx, err))
	}
	return c
}

// misshapen refers to the help of the command where the error of a command line says nothing of what to do.
func misshapen(c *cli.Context, err error) error {
	if err == nil || newComplaint(err).hint != "" {
		return err
	}
	return exit.Advise(err, seeHelp("", commandName(c)), "")
}

// advised adds to an error where to look, if a check tells more about it: refused credentials, and what is
// set up so that it cannot work. A command line that is wrong it knows nothing of.
func advised(c *cli.Context, err error) error {
	const where = "acsync check looks at everything that passes need"
	// What is wrong with a value says all by itself; what is missing is one thing of several.
	faults, isFaults := errors.AsType[config.Faults](err)
	missing := isFaults && !slices.ContainsFunc(faults, func(f config.Fault) bool { return f.Source != "" })
	_, isCall := errors.AsType[*httpx.Error](err)
	reported, isReported := errors.AsType[ended](err)
	switch code := exitCode(err); {
	case code != exit.Credentials && code != exit.Usage, c.Command.HelpName == "acsync check",
		// The report says it all.
		isReported && reported.err == nil:
		return err
	case missing, isCall, code == exit.Credentials:
		return exit.Advise(err, where, "")
	}
	return err
}

// checkFlags refuses a flag where another one's value should be: cli takes whatever comes next, and of
// --id --dry-run a live run would remain.
func checkFlags(c *cli.Context) error {
	for _, name := range c.LocalFlagNames() {
		for _, text := range append(c.StringSlice(name), c.String(name)) {
			other, _, _ := strings.Cut(strings.TrimLeft(text, "-"), "=")
			known := hasFlag([]*cli.Command{c.Command}, other) || slices.Contains(helpFlags, other)
			if strings.HasPrefix(text, "-") && known {
				return usagef("--%s needs a value behind it, and there is %s; nothing was done", name, text)
			}
		}
	}
	return nil
}

// checkArguments refuses what is too much: a misplaced word must never turn a dry run into a live one.
func checkArguments(c *cli.Context) error {
	switch name, wanted, args := commandName(c), c.Command.ArgsUsage, c.Args(); {
	case wanted == "" && args.First() == "help":
		return usagef("%s takes no argument; nothing was done", name)
	case wanted == "" && args.Present():
		return exit.Advise(usagef("%s takes no argument, but got %q; nothing was done", name, args.First()),
			fmt.Sprintf("a switch is turned off by =false, as in --%s=false", flagDryRun), "")
	case wanted == "":
		return nil
	case strings.TrimSpace(args.First()) == "":
		many := ""
		if strings.HasSuffix(wanted, "...") {
			many = "at least "
		}
		return usagef("%s takes %sone argument, %s", name, many, wanted)
	case strings.HasSuffix(wanted, "..."):
		return nil
	case args.Len() > 1:
		return usagef("%s takes one argument, %s, but %q stands behind it; nothing was done", name, wanted,
			args.Get(1))
	}
	return nil
}

// group completes a command that only has commands under it.
func group(c *cli.Command, what string) *cli.Command {
	c.HideHelp, c.OnUsageError = true, misuse
	c.Action = func(ctx *cli.Context) error {
		if first := ctx.Args().First(); first != "" && first != "help" {
			return exit.Advise(usagef("%s has no command %q; say what to do with the %s", c.Name, first, what),
				seeHelp(meant(first, "", shownCommands(c.Subcommands)), c.Name), "")
		}
		return exit.Advise(usagef("say what to do with the %s", what), seeHelp("", c.Name), "")
	}
	return c
}

// seeHelp refers to the help of a command, behind what was probably meant; of the program where there is no
// name. A topic of the manual may have the name of a command.
func seeHelp(meant, name string) string {
	where := "acsync help"
	if name != "" {
		where = "acsync " + name + " --help"
	}
	if meant == "" {
		return "see " + where
	}
	return meant + " See " + where
}

// commandName is the command with those that it stands under.
func commandName(c *cli.Context) string {
	return strings.TrimPrefix(c.Command.HelpName, "acsync ")
}

// misuse turns cli's complaint into one line on stderr; by itself cli prints the whole help to stdout.
func misuse(c *cli.Context, err error, _ bool) error {
	where, text := "", doc.Printable(err.Error())
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != "acsync" {
		where = commandName(c)
	}
	name, unknown := strings.CutPrefix(text, "flag provided but not defined: -")
	switch {
	case unknown && name == "version":
		return exit.Advise(usagef("--version stands alone"), "acsync --version", "")
	case unknown && where == "" && hasFlag(c.App.Commands, name):
		return exit.Advise(usagef("flags stand behind their command; nothing was done"),
			"acsync COMMAND --"+name, "")
	}
	for _, each := range complaints {
		text = each.of.ReplaceAllString(text, each.plain)
	}
	hint := ""
	if unknown {
		hint = meant(name, "--", append(flagNames(c.Command.Flags), "help", "version"))
	}
	return exit.Advise(usagef("%s", text), seeHelp(hint, where), "")
}

// complaints are those of the package flag, and the same in plain words.
var complaints = []struct {
	of    *regexp.Regexp
	plain string
}{
	{regexp.MustCompile(`^flag provided but not defined: -(.*)$`), "there is no flag --$1 here"},
	{regexp.MustCompile(`^flag needs an argument: -(.*)$`), "--$1 needs a value behind it"},
	{
		regexp.MustCompile(`^invalid boolean value (.*) for -(.*): parse error$`),
		"--$2=$1: a switch is on as --$2, and off as --$2=false",
	},
	{
		regexp.MustCompile(`^invalid value (.*) for flag -(.*): strconv\..*: invalid syntax$`),
		"--$2 $1: give a whole number, of digits alone",
	},
	{
		regexp.MustCompile(`^invalid value (.*) for flag -(.*): strconv\..*: value out of range$`),
		"--$2 $1: the number is too large",
	},
}

// hasFlag reports whether one of the commands, or of those under them, has a flag.
func hasFlag(commands []*cli.Command, name string) bool {
	return slices.ContainsFunc(commands, func(c *cli.Command) bool {
		named := func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }
		return slices.ContainsFunc(c.Flags, named) || hasFlag(c.Subcommands, name)
	})
}
