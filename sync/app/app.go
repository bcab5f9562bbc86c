// Package app is the command line of acsync: the commands, one file each, their flags, the exit codes, and what the
// terminal shows. It wires configuration, clients, ledger and engine together.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/report/doc"
)

// App is the program. The zero App works but for init, which needs the example configuration.
type App struct {
	Example []byte           // config.example.toml, which init writes
	Now     func() time.Time // the clock of the stand-ins, and the one compared with Kustomer's; nil: this machine's
}

// Run executes one command line and returns its exit code. Reports go to stdout; logs, progress and errors to stderr.
func (a App) Run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	errs := newSpool(stderr)
	defer errs.flush()
	out := newPrinter(stdout, errs)
	s := &shell{app: a, env: env, stdin: stdin, stdout: out, stderr: errs}
	err := out.told(s.answer(ctx, args))
	var pass ended
	if err != nil && (!errors.As(err, &pass) || pass.err != nil) {
		fmt.Fprintln(&doc.Visible{To: errs}, "acsync:", err)
	}
	return exitCode(err)
}

// answer carries out one command line.
func (s *shell) answer(ctx context.Context, args []string) error {
	if len(args) == 2 && args[1] == "--version" {
		_, err := fmt.Fprintln(s.stdout, "acsync", version())
		return err
	}
	return s.commandLine().RunContext(ctx, args)
}

// shell is what every command works with.
type shell struct {
	app            App
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// commandLine is made anew for each run, because cli.App changes itself while it runs.
func (s *shell) commandLine() *cli.App {
	return &cli.App{
		Name:  "acsync",
		Usage: "ask every customer for feedback exactly once: Kustomer conversations marked done → survey requests in Agent Connect",
		Description: "The first steps: acsync run --sandbox shows it all without any account; acsync init prepares your own.\n" +
			"Flags stand behind their command.\n\nExit codes:\n" + exitCodes(),
		Commands: []*cli.Command{
			s.initCommand(), s.runCommand(), s.backfillCommand(), s.planCommand(), s.applyCommand(), s.statusCommand(), s.explainCommand(),
			s.reportCommand(), s.resolveCommand(), s.ledgerCommand(),
			s.rulesCommand(), s.sandboxCommand(),
		},
		Action:          s.noCommand,
		OnUsageError:    misuse,
		ExitErrHandler:  func(*cli.Context, error) {}, // exit codes are given in one place: exitCode
		HideHelpCommand: true,
		HideVersion:     true,
		Reader:          s.stdin,
		Writer:          s.stdout,
		ErrWriter:       s.stderr,
	}
}

// command completes a command with what is the same for nearly all: no positional argument is taken, because cli treats flags
// behind one as arguments too, and a misplaced word must never turn a dry run into a live one.
func command(c *cli.Command) *cli.Command {
	return guarded(c, func(ctx *cli.Context) error {
		if !ctx.Args().Present() {
			return nil
		}
		return usagef("%s takes no argument, but got %q; nothing was done (a switch is turned off by =false, as in --%s=false)",
			commandName(ctx), ctx.Args().First(), flagDryRun)
	})
}

// commandOf completes a command that takes exactly one argument, behind its flags; its action finds it at c.Args().First().
func commandOf(argument string, c *cli.Command) *cli.Command {
	c.ArgsUsage = argument
	return guarded(c, func(ctx *cli.Context) error {
		switch name, args := commandName(ctx), ctx.Args(); {
		case strings.TrimSpace(args.First()) == "":
			return usagef("%s takes one argument, %s, behind its flags; see acsync %s --help", name, argument, name)
		case args.Len() > 1:
			return usagef("%s takes one argument, %s, but %q stands behind it; nothing was done (flags come before the argument)",
				name, argument, args.Get(1))
		}
		return nil
	})
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

// noCommand answers a command line without a command, or with an unknown one.
func (s *shell) noCommand(c *cli.Context) error {
	if !c.Args().Present() {
		c.App.Writer = s.stderr
		_ = cli.ShowAppHelp(c)
		return usagef("no command given; see above")
	}
	var names []string
	for _, command := range c.App.Commands {
		names = append(names, command.Name)
	}
	return usagef("there is no command %q; there are %s", c.Args().First(), strings.Join(names, ", "))
}

// misuse turns cli's complaint into one line on stderr; by itself cli prints the whole help to stdout.
func misuse(c *cli.Context, err error, _ bool) error {
	where := "acsync"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != where {
		where = c.Command.HelpName // with the commands that it stands under
	}
	return usagef("%s; see %s --help", doc.Printable(err.Error()), where)
}

// version is the module's version, and the revision it was built from where that is known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return info.Main.Version + " " + setting.Value
		}
	}
	return info.Main.Version
}
