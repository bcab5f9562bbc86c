package app

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// program is made anew for each command line, because cli.App changes itself while it runs.
func program(l *commandLine) *cli.App {
	return &cli.App{
		Name: "acsync",
		Usage: "ask every customer for feedback exactly once: Kustomer conversations marked done → survey " +
			"requests in Agent Connect",
		Description: "The first steps: acsync run --sandbox shows it all without any account; acsync init " +
			"prepares your own.\n" +
			"Flags stand behind their command.\n\nExit codes:\n" + exitCodes(),
		Commands: []*cli.Command{
			initCommand(l), runCommand(l), backfillCommand(l), planCommand(l), applyCommand(l),
			statusCommand(l),
			explainCommand(l), reportCommand(l), resolveCommand(l), ledgerCommand(l), rulesCommand(l),
			sandboxCommand(l),
		},
		Action:       func(c *cli.Context) error { return noCommand(l, c) },
		OnUsageError: misuse,
		// The exit code is given in one place, App.Run.
		ExitErrHandler:  func(*cli.Context, error) {},
		HideHelpCommand: true,
		HideVersion:     true,
		Reader:          l.stdin,
		Writer:          l.stdout,
		ErrWriter:       l.stderr,
	}
}

// noCommand answers a command line without a command, or with an unknown one.
func noCommand(l *commandLine, c *cli.Context) error {
	if !c.Args().Present() {
		c.App.Writer = l.stderr
		_ = cli.ShowAppHelp(c)
		return usagef("no command given; see above")
	}
	var names []string
	for _, command := range c.App.Commands {
		names = append(names, command.Name)
	}
	return usagef("there is no command %q; there are %s", c.Args().First(), strings.Join(names, ", "))
}
