package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/report/doc"
)

func helpCommand(l *commandLine) *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show what there is, or how a command is used",
		ArgsUsage: "[COMMAND]",
		UsageText: `acsync help run  # how a command is used
acsync help ledger restore  # the same of one that stands under another
acsync help flags  # the flags of every command
acsync help exit-codes  # what the exit codes say`,
		Flags:    []cli.Flag{noPagerFlag(), noColorFlag()},
		HideHelp: true, OnUsageError: misuse,
		Action: func(c *cli.Context) error { return showHelp(l, c) },
	}
}

// showHelp shows the help of the command that the arguments name, of what all commands share, or the
// overview.
func showHelp(l *commandLine, c *cli.Context) error {
	found, err := helpOn(program(l), c.Args().Slice())
	if err != nil {
		return err
	}
	t := newScreen(l, c)
	t.width = min(t.width, widestHelp)
	return t.answer(l.stdout, found)
}

// helpOn is the help on what some words name.
func helpOn(app *cli.App, names []string) (doc.Doc, error) {
	args := append([]string{app.Name}, names...)
	found, words := findCommand(app.Commands, args)
	switch {
	case len(names) == 0:
		return overview(app), nil
	case words == len(args):
		return newHelpPage(strings.Join(args, " "), found).doc(), nil
	case found != nil && found.Subcommands == nil:
		return doc.Doc{}, usagef("%s has no commands; see acsync help %s", found.Name, found.Name)
	case found != nil:
		return doc.Doc{}, noSuchCommand(found.Subcommands, args[words])
	case names[0] == "flags":
		return flagsPage(), nil
	case names[0] == "exit-codes":
		return exitCodesPage(), nil
	}
	return doc.Doc{}, noSuchCommand(app.Commands, args[words])
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
