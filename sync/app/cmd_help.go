package app

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func helpCommand(l *commandLine) *cli.Command {
	return &cli.Command{
		Name:            "help",
		Usage:           "show what there is, or how a command is used",
		ArgsUsage:       "[COMMAND]",
		HideHelpCommand: true,
		OnUsageError:    misuse,
		Action:          func(c *cli.Context) error { return showHelp(l, c) },
	}
}

// showHelp shows what --help behind the command shows.
func showHelp(l *commandLine, c *cli.Context) error {
	app := program(l)
	args := append([]string{app.Name}, c.Args().Slice()...)
	found, words := findCommand(app.Commands, args)
	switch {
	case words == len(args):
		return app.RunContext(c.Context, append(args, "--help"))
	case found != nil && found.Subcommands == nil:
		return usagef("%s has no commands; see acsync help %s", found.Name, found.Name)
	case found != nil:
		return noSuchCommand(found.Subcommands, args[words])
	}
	return noSuchCommand(app.Commands, args[words])
}

func versionCommand(l *commandLine) *cli.Command {
	return plain(&cli.Command{
		Name:  "version",
		Usage: "print the version, and what it was built from",
		Flags: []cli.Flag{toggle(flagJSON, "print one JSON object")},
		Action: func(c *cli.Context) error {
			if c.Bool(flagJSON) {
				return l.printJSON(map[string]any{"schema": "acsync.version/1", "version": version()})
			}
			_, err := fmt.Fprintln(l.stdout, "acsync", version())
			return err
		},
	})
}
