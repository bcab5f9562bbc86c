package app

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"acsync/sync/exit"
	"acsync/sync/report"
)

// exitAdvice tells what the exit code of a past pass asks of whoever looks at it.
func exitAdvice(code int) report.Ending {
	ending := report.Ending{
		Meaning: exit.Code(code).String(), Level: report.SignalAct, Todo: report.DoSeeLog,
	}
	switch exit.Code(code) {
	case exit.Done, exit.WouldSend:
		ending.Level, ending.Todo = report.SignalOK, ""
	case exit.NeedsHand:
		ending.Level, ending.Todo = report.SignalLook, report.DoSeeBelow
	case exit.Temporary:
		ending.Level, ending.Todo, ending.Partial = report.SignalLook, report.DoAwaitNextPass, true
	case exit.HungUp, exit.Interrupted, exit.Quit, exit.Terminated:
		ending.Level, ending.Todo, ending.Partial = report.SignalLook, report.DoRunAgain, true
		// What a second signal ended has left no code.
		ending.Meaning, _, _ = strings.Cut(ending.Meaning, ":")
	case exit.Credentials:
		ending.Todo = report.DoRenewKey
	case exit.Fuse:
		ending.Todo = report.DoSeeFuse
	}
	return ending
}

// exitCode is the code of an error; each type of error says its own.
func exitCode(err error) exit.Code {
	code, _ := exit.Of(err)
	return code
}

// usagef is the error of a command line that cannot be carried out.
func usagef(format string, args ...any) error {
	return exit.New(exit.Usage, fmt.Sprintf(format, args...))
}

// ended is the end of a command that has reported its exit code.
type ended struct {
	code exit.Code
	err  error // nil: the report says it all
}

func (e ended) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e ended) Unwrap() error        { return e.err }
func (e ended) ExitClass() exit.Code { return e.code }

// interruptible is a context that the first signal to stop cancels, with the signal as the cause: no new
// work, what has begun is finished. The second SIGINT, SIGTERM or SIGQUIT ends the program at once, as it
// does without this.
//
// SIGQUIT stops as SIGTERM does: containers and supervisors send it to mean "finish, then go", as nginx takes
// it. So there are no stacks of Go's goroutines to be had by it, which would leave what is in flight in
// doubt.
//
// SIGHUP never does: a terminal that is closed sends it from the kernel and from the shell, and a session
// that ends sends SIGTERM with it. One that was ignored when the program started, as by nohup, stays ignored.
// SIGPIPE is ignored: that nobody reads a log or a report any more is an error of the write, and none of what
// is under way.
func interruptible(parent context.Context) context.Context {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		for stopped := false; ; {
			got := <-signals
			cancel(interrupted{got})
			switch {
			case got == syscall.SIGHUP:
			// Without a handler of ours Go's own would print its stacks and end with 2.
			case stopped:
				os.Exit(int(exit.Quit))
			default:
				stopped = true
				signal.Reset(os.Interrupt, syscall.SIGTERM)
			}
		}
	}()
	return ctx
}

type interrupted struct{ signal os.Signal }

// stops are the signals that stop the program, and what a shell makes of one that they have ended.
var stops = map[os.Signal]struct {
	name string
	code exit.Code
}{
	os.Interrupt:    {"Ctrl-C (SIGINT)", exit.Interrupted},
	syscall.SIGHUP:  {"SIGHUP", exit.HungUp},
	syscall.SIGQUIT: {"SIGQUIT", exit.Quit},
	syscall.SIGTERM: {"SIGTERM", exit.Terminated},
}

func (i interrupted) Error() string {
	return fmt.Sprintf("stopped by %s; what had begun was finished, the rest is kept for later",
		stops[i.signal].name)
}

func (i interrupted) ExitClass() exit.Code { return stops[i.signal].code }
