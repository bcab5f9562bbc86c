// Package app is the command line of acsync: the commands, one file each, their flags, the exit codes, and
// what the terminal shows. What a command works with is of package tenant.
package app

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// App is the program. The zero App works but for init, which needs the example configuration.
type App struct {
	Example []byte // config.example.toml, which init writes
	// Now is the clock of the stand-ins, and the one compared with Kustomer's; nil: this machine's.
	Now func() time.Time

	member *tenant.Member // that the command works for; nil: it loads its configuration
}

// Main is the program as the operating system starts it; its result is the exit code.
func (a App) Main() int {
	// The complaints of net/http quote what servers send, which can be anything.
	log.SetOutput(io.Discard)
	ctx := interruptible(context.Background())
	return a.Run(ctx, os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr)
}

// Run executes one command line and returns its exit code. Reports go to stdout; logs, progress and errors to
// stderr.
func (a App) Run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	drain := newDrain(ctx)
	says := &voice{json: wantsJSON(args)}
	errs := newSpool(stderr, says, drain.printed.Done())
	defer errs.flush()
	out := newPrinter(stdout, errs)
	l := &commandLine{
		example: a.Example, now: a.Now, env: env, stdin: stdin, stdout: out, stderr: errs, drain: drain,
		says: says, member: a.member, noColor: slices.Contains(args, "--"+flagNoColor), program: args[0],
		databases: new(tenant.Databases),
	}
	defer l.databases.Close()
	l.again = func(
		ctx context.Context, m tenant.Member, args []string, stdout, stderr io.Writer,
	) int {
		one := App{Example: a.Example, Now: a.Now, member: &m}
		return one.Run(ctx, args, env, strings.NewReader(""), stdout, stderr)
	}
	err := out.told(answer(httpx.WithCutOff(ctx, drain.cutOff), l, args))
	// What a pass has reported needs no second word.
	var pass ended
	if err != nil && (!errors.As(err, &pass) || pass.err != nil) {
		complain(l, err)
	}
	code := exitCode(err)
	if slices.Contains(l.success, code) {
		code = exit.Done
	}
	return int(code)
}

func answer(ctx context.Context, l *commandLine, args []string) error {
	if len(args) == 2 && args[1] == "--version" {
		args = []string{args[0], "version"}
	}
	app := program(l)
	err := app.RunContext(ctx, flagsFirst(app.Commands, helpFirst(app.Commands, args)))
	// The library's own complaint, such as of a command that has no help.
	if complaint, ok := errors.AsType[cli.ExitCoder](err); ok {
		return exit.New(exit.Usage, complaint.Error())
	}
	return err
}

// program is made anew for each command line, because cli.App changes itself while it runs.
func program(l *commandLine) *cli.App {
	return &cli.App{
		Name:        "acsync",
		Usage:       "ask for feedback exactly once per conversation",
		Description: "Try acsync run --sandbox. See acsync help COMMAND, help topics, acsync version.",
		Commands: []*cli.Command{
			initCommand(l), checkCommand(l), rehearseCommand(l), scheduleCommand(l), tenantsCommand(l),
			runCommand(l), backfillCommand(l), planCommand(l), applyCommand(l), workCommand(l),
			statusCommand(l), reportCommand(l), explainCommand(l), agentsCommand(l), auditCommand(l),
			passesCommand(l), rulesCommand(l),
			resolveCommand(l), retryCommand(l), ledgerCommand(l),
			sandboxCommand(l), completionCommand(l), helpCommand(l), versionCommand(l), candidatesCommand(l),
		},
		Action:       func(c *cli.Context) error { return noCommand(l, c) },
		OnUsageError: misuse,
		// The exit code is given in one place, App.Run.
		ExitErrHandler: func(*cli.Context, error) {},
		// A comma is part of a name; a flag that takes several is repeated.
		DisableSliceFlagSeparator: true,

		// helpFirst makes of --help the command, which draws by itself.
		HideHelp:    true,
		HideVersion: true,
		Reader:      l.stdin,
		Writer:      l.stdout,
		ErrWriter:   l.stderr,
	}
}

// noCommand answers a command line without a command, or with an unknown one.
func noCommand(l *commandLine, c *cli.Context) error {
	if !c.Args().Present() && l.says.json {
		return exit.Advise(usagef("no command given"), "see acsync help", "")
	}
	if !c.Args().Present() {
		t := newScreen(l, c)
		_ = doc.Text(l.stderr, overview(c.App), doc.Style{Width: min(t.errWidth, widestHelp), Color: t.colorErr})
		return usagef("no command given; see above")
	}
	return noSuchCommand(c.App.Commands, c.Args().First())
}

func noSuchCommand(commands []*cli.Command, name string) error {
	names := shownCommands(commands)
	todo := "there are " + strings.Join(names, ", ")
	if near := meant(name, "", names); near != "" {
		todo = near + " There are " + strings.Join(names, ", ")
	}
	return exit.Advise(usagef("there is no command %q", name), todo, "")
}
