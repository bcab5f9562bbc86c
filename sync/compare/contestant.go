package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"time"

	"acsync/sync/measure"
)

// contestant is a program at work.
type contestant interface {
	// start makes what has to be there before the first round.
	start(ctx context.Context) error
	// round lets the program work once, on what has happened since the last one, and tells whether by its own
	// account another round has something to do. When the context ends it is killed, which is no error.
	round(ctx context.Context, events []string) (cost measure.Cost, open bool, err error)
}

// place is where a program works.
type place struct {
	dir   string
	from  time.Time // the first conversation was marked done then, or later
	stand *measure.Stand
	settings
}

// environment is what a program needs to know of the stand-ins.
func (p place) environment() []string {
	return []string{
		"KUSTOMER_ORG=" + p.stand.Org(),
		"KUSTOMER_URL=" + p.stand.KustomerURL(),
		"KUSTOMER_API_KEY=" + p.stand.KustomerKey(),
		"AGENT_CONNECT_URL=" + p.stand.AgentConnectURL(),
		"AGENT_CONNECT_API_KEY=" + p.stand.AgentConnectKey(),
	}
}

const (
	// eventsAtOnce is how many events the workflow has in hand at most: a kill loses no more.
	eventsAtOnce = 8
	// unnoticed is the share of the events that happen while it is down after a kill. A workflow has no list
	// of what it has missed.
	unnoticed = 0.01
)

// workflow is the vendor's in shape, started by events.
type workflow struct {
	place
	path  string
	queue []string // events to come
}

func (w *workflow) start(context.Context) error { return nil }

// round gives it its events, and loses those in hand when it is killed. It keeps no account.
func (w *workflow) round(ctx context.Context, events []string) (cost measure.Cost, open bool, err error) {
	w.queue = append(w.queue, events...)
	cmd := exec.CommandContext(ctx, w.path)
	cmd.Dir, cmd.Env = w.dir, w.environment()
	in, first := cmd.StdinPipe()
	out, second := cmd.StdoutPipe()
	if err := errors.Join(first, second); err != nil {
		return measure.Cost{}, false, err
	}
	given := make(chan int)
	go func() { given <- feed(in, out, w.queue) }()
	cost, err = measure.Run(cmd)
	n := <-given
	if ctx.Err() != nil {
		n, err = min(len(w.queue), n+int(unnoticed*float64(len(w.queue)))), nil
	}
	w.queue = w.queue[n:]
	return cost, false, err
}

// feed gives events to a program, so many at once, and tells how many it has given when the program has ended
// or all are through.
func feed(in io.WriteCloser, out io.Reader, events []string) (given int) {
	defer in.Close()
	through := bufio.NewScanner(out)
	for open := 0; given < len(events) || open > 0; {
		if given < len(events) && open < eventsAtOnce {
			if _, err := fmt.Fprintln(in, events[given]); err != nil {
				return given
			}
			given, open = given+1, open+1
			continue
		}
		if !through.Scan() {
			return given
		}
		open--
	}
	return given
}

// careful is the poller, started by cron.
type careful struct {
	place
	path string
}

func (c *careful) start(context.Context) error { return nil }

// round is a pass. One that reports what it could not do is started again by cron, as any.
func (c *careful) round(ctx context.Context, _ []string) (cost measure.Cost, open bool, err error) {
	cmd := exec.CommandContext(ctx, c.path, "-state", c.dir, "-start", c.from.UTC().Format(time.RFC3339),
		"-per-minute", strconv.Itoa(c.perMinute))
	cmd.Dir, cmd.Env = c.dir, c.environment()
	cost, err = measure.Run(cmd)
	if exit, ok := errors.AsType[*exec.ExitError](err); ctx.Err() != nil || ok && exit.ExitCode() == 1 {
		return cost, true, nil
	}
	return cost, false, err
}

// cron is acsync, as cron starts it.
type cron struct{ job measure.Job }

func newCron(p place, path string) *cron {
	return &cron{measure.Job{
		Program: path, Dir: p.dir, Stand: p.stand, PerMinute: p.perMinute, Start: p.from,
	}}
}

func (c *cron) start(ctx context.Context) error { return c.job.Init(ctx) }

// round is a pass.
func (c *cron) round(ctx context.Context, _ []string) (cost measure.Cost, open bool, err error) {
	pass, cost, err := c.job.Run(ctx)
	return cost, pass.Open(), err
}
