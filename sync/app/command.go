package app

import (
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/report/doc"
)

// command completes a command with what is the same for nearly all. It takes no positional argument: cli
// treats flags behind one as arguments too, and a misplaced word must never turn a dry run into a live one.
func command(c *cli.Command) *cli.Command {
	return guarded(c, func(ctx *cli.Context) error {
		if !ctx.Args().Present() {
			return nil
		}
		return usagef("%s takes no argument, but got %q; nothing was done (a switch is turned off by "+
			"=false, as in --%s=false)",
			commandName(ctx), ctx.Args().First(), flagDryRun)
	})
}

// commandOf completes a command that takes exactly one argument, behind its flags; its action finds it at
// c.Args().First().
func commandOf(argument string, c *cli.Command) *cli.Command {
	c.ArgsUsage = argument
	return guarded(c, func(ctx *cli.Context) error {
		switch name, args := commandName(ctx), ctx.Args(); {
		case strings.TrimSpace(args.First()) == "":
			return usagef(
				"%s takes one argument, %s, behind its flags; see acsync %s --help", name, argument, name)
		case args.Len() > 1:
			return usagef("%s takes one argument, %s, but %q stands behind it; nothing was done (flags "+
				"come before the argument)",
				name, argument, args.Get(1))
		}
		return nil
	})
}

// group completes a command that only has commands under it.
func group(c *cli.Command, what string) *cli.Command {
	c.HideHelpCommand = true
	c.OnUsageError = misuse
	c.Action = func(*cli.Context) error {
		return usagef("say what to do with the %s; see acsync %s --help", what, c.Name)
	}
	return c
}

// guarded completes a command whose arguments are checked before it acts.
func guarded(c *cli.Command, check func(*cli.Context) error) *cli.Command {
	action := c.Action
	c.Flags = append(c.Flags, commonFlags()...)
	c.HideHelpCommand = true
	c.OnUsageError = misuse
	c.Action = func(ctx *cli.Context) error {
		if err := check(ctx); err != nil {
			return err
		}
		return action(ctx)
	}
	return c
}

// commandName is the command with those that it stands under.
func commandName(c *cli.Context) string {
	return strings.TrimPrefix(c.Command.HelpName, "acsync ")
}

// misuse turns cli's complaint into one line on stderr; by itself cli prints the whole help to stdout.
func misuse(c *cli.Context, err error, _ bool) error {
	where := "acsync"
	// The command with those that it stands under.
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != where {
		where = c.Command.HelpName
	}
	return usagef("%s; see %s --help", doc.Printable(err.Error()), where)
}
