// Command acsync asks every customer for feedback exactly once: it finds the Kustomer conversations that were marked
// done, decides for each whether to ask, and creates the survey requests in Medallia Agent Connect.
package main

import (
	"context"
	_ "embed"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"acsync/sync/app"
)

//go:embed config.example.toml
var example []byte

func main() {
	log.SetOutput(io.Discard) // net/http's own complaints quote what servers send, which can be anything
	ctx, stop := interruptible(context.Background())
	code := run(ctx, os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program; its result is the exit code.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return app.App{Example: example}.Run(ctx, args, env, stdin, stdout, stderr)
}

// interruptible is a context that the first SIGINT or SIGTERM cancels, with the signal as the cause: no new work, what
// has begun is finished. The second signal ends the program at once, as it does without this.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case got := <-signals:
			signal.Stop(signals)
			cancel(app.Interrupted{Signal: got})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
