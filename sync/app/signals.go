package app

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"acsync/sync/exit"
)

// interruptible is a context that the first signal to stop cancels, with the signal as the cause: no new
// work, what has begun is finished. The second SIGINT or SIGTERM ends the program at once, as it does without
// this.
//
// SIGHUP never does: a terminal that is closed sends it from the kernel and from the shell, and a session
// that ends sends SIGTERM with it. One that was ignored when the program started, as by nohup, stays ignored.
// SIGPIPE is ignored: that nobody reads a log or a report any more is an error of the write, and none of what
// is under way.
func interruptible(parent context.Context) (context.Context, func()) {
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := context.WithCancelCause(parent)
	asked, hung := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(hung, syscall.SIGHUP)
	}
	over := make(chan struct{})
	go func() {
		for {
			select {
			case got := <-asked:
				signal.Stop(asked)
				cancel(Interrupted{got})
			case got := <-hung:
				cancel(Interrupted{got})
			case <-over:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(asked)
		// SIGHUP is heard to the end, so that the second one still ends nothing.
		close(over)
		cancel(nil)
	}
}

// Interrupted is the cause of a context that a signal cancelled.
type Interrupted struct{ Signal os.Signal }

// stops are the names of the signals that stop the program, and what a shell makes of one that they have
// ended.
var stops = map[os.Signal]struct {
	name string
	code exit.Code
}{
	os.Interrupt:    {"Ctrl-C (SIGINT)", exit.Interrupted},
	syscall.SIGHUP:  {"SIGHUP", exit.HungUp},
	syscall.SIGTERM: {"SIGTERM", exit.Terminated},
}

// Error says what happened and that nothing is lost.
func (i Interrupted) Error() string {
	return fmt.Sprintf("stopped by %s; what had begun was finished, the rest is kept for later",
		stops[i.Signal].name)
}

// ExitClass returns what a shell makes of a program that the signal has ended.
func (i Interrupted) ExitClass() exit.Code { return stops[i.Signal].code }
