package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
	"acsync/sync/manual"
	"acsync/sync/report/doc"
)

func helpCommand(l *commandLine) *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "show how a command is used, or a topic of the manual",
		ArgsUsage: "[COMMAND | TOPIC]",
		Description: "Where a command and a topic have the same name, as ledger has, the topic is shown; --help " +
			"behind the command, or help command before it, shows how that is used.",
		UsageText: `acsync help run  # how a command is used
acsync help ledger restore  # the same of one that stands under another
acsync help topics  # the topics of the manual
acsync help monitoring  # one of them`,
		Flags: []cli.Flag{
			toggle(flagMan, "print the manual page of acsync, in the language of man"),
			noPagerFlag(), noColorFlag(),
		},
		HideHelp: true, OnUsageError: misuse,
		Action: func(c *cli.Context) error { return showHelp(l, c) },
	}
}

// showHelp shows a topic of the manual, the help of the command that the arguments name, of what all commands
// share, or the overview.
func showHelp(l *commandLine, c *cli.Context) error {
	if c.Bool(flagMan) {
		if c.Args().Present() {
			return usagef("--%s takes no argument: there is one page for all", flagMan)
		}
		_, err := fmt.Fprint(l.stdout, manPage(program(l)))
		return err
	}
	app, names := program(l), c.Args().Slice()
	t := newScreen(l, c)
	t.width = min(t.width, widestHelp)
	if text, found := topicText(app.Commands, names); found {
		return t.show(l.stdout, manual.Text(text, manual.Style{Width: t.width, Color: t.colorOut}))
	}
	found, err := helpOn(app, names)
	if err != nil {
		return err
	}
	return t.answer(l.stdout, found)
}

// helpOn is the help on what some words name, where that is no topic.
func helpOn(app *cli.App, names []string) (doc.Doc, error) {
	command := len(names) > 0 && names[0] == onCommand
	if command {
		names = names[1:]
	}
	args := append([]string{app.Name}, names...)
	found, words := findCommand(app.Commands, args)
	switch {
	case len(names) == 0:
		return overview(app), nil
	case words == len(args):
		return newHelpPage(strings.Join(args, " "), found).doc(), nil
	case found != nil && found.Subcommands == nil:
		return doc.Doc{}, exit.Advise(usagef("%s has no commands", found.Name), seeHelp("", found.Name), "")
	case found != nil:
		return doc.Doc{}, noSuchCommand(found.Subcommands, args[words])
	case command:
		return doc.Doc{}, noSuchCommand(app.Commands, names[0])
	case names[0] == onFlags && len(names) == 1:
		return flagsPage(), nil
	case slices.Contains(topicNames(), names[0]):
		return doc.Doc{}, usagef("nothing stands behind acsync help %s", names[0])
	}
	known := append(shownCommands(app.Commands), topicNames()...)
	return doc.Doc{}, exit.Advise(usagef("there is no command and no topic %q", names[0]),
		seeHelp(meant(names[0], "", known), "")+", and acsync help topics", "")
}

func versionCommand(l *commandLine) *cli.Command {
	return plain(&cli.Command{
		Name:  "version",
		Usage: "print the version, and what it was built from",
		Flags: []cli.Flag{toggle(flagJSON, "print one JSON object")},
		Action: func(c *cli.Context) error {
			if c.Bool(flagJSON) {
				return l.printJSON(builtFrom())
			}
			_, err := fmt.Fprint(l.stdout, builtFrom().text())
			return err
		},
	})
}
