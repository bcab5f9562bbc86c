package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/tenant"
)

// lockPolicy is what a command does when another process holds the ledger; the zero policy fails.
type lockPolicy struct {
	skip bool          // do nothing, and call that a success
	wait time.Duration // try again for so long
	// hears what holds the ledger when it waits, and nil when that is over; nil: nobody does
	waits func(holder error)
}

func readLockPolicy(c *cli.Context) (p lockPolicy, err error) {
	var wait config.Duration
	text := c.String(flagIfLocked)
	span, waits := strings.CutPrefix(text, "wait=")
	switch {
	// A command without the flag, such as init, does not wait.
	case text == "fail", text == "" && !c.IsSet(flagIfLocked):
	case text == "skip":
		p.skip = true
	case waits && wait.UnmarshalText([]byte(span)) == nil && wait > 0:
		p.wait = time.Duration(wait)
	default:
		err = usagef("--%s %q: choose fail, skip, or wait with a duration, such as wait=5m",
			flagIfLocked, text)
	}
	return p, err
}

// open tries to open the ledger until that works, the time is up, or the context ends. Each try itself waits
// a moment for the lock; in between it says that it waits, so that a back-fill lets go. The command has ended
// when it says that nothing is done.
func (p lockPolicy) open(s *session, try func() error) error {
	queue := s.tenant.Queue(commandName(s.c))
	defer queue.Leave()
	return p.openInTurn(s, queue, try)
}

// openInTurn is open for a command that keeps its place in the queue, because its turn ends only later.
func (p lockPolicy) openInTurn(s *session, queue tenant.Queue, try func() error) error {
	for until := time.Now().Add(p.wait); ; queue.Wait() {
		err := try()
		switch locked := errors.Is(err, store.ErrLocked); {
		case locked && p.skip:
			return skipped(s, err)
		case locked && !time.Now().Before(until):
			return p.refusal(s, err)
		case !locked:
			p.tell(nil)
			return err
		case s.c.Context.Err() != nil:
			return context.Cause(s.c.Context)
		default:
			p.tell(err)
		}
	}
}

func (p lockPolicy) tell(holder error) {
	if p.waits != nil {
		p.waits(holder)
	}
}

// refusal says besides what holds the ledger how to wait for it, and when it is let go.
func (p lockPolicy) refusal(s *session, locked error) error {
	if p.wait > 0 {
		locked = fmt.Errorf("%w; waited for %s in vain", locked, config.Duration(p.wait))
	} else {
		locked = exit.Advise(locked, "or let this command wait for it: --"+flagIfLocked+" wait=10m", "")
	}
	holder, _, err := s.tenant.Holder()
	if err != nil || holder.Mode != "backfill" {
		return locked
	}
	return fmt.Errorf("%w. A back-fill lets whoever waits so have the ledger as soon as its window is "+
		"recorded: %s to go, at most", locked, conversations(max(holder.Found-holder.Done, 0)))
}

// skipped says that nothing was done because another process holds the ledger, and ends the command.
func skipped(s *session, locked error) error { return skippedFor(s, "locked", locked) }

// skipPaused ends an unattended pass of a tenant that is paused: one of a folder, which tenants are paused
// in. Nil lets the pass be made.
func skipPaused(s *session) error {
	if s.c.String(flagConfigDir) == "" || s.c.Command.Name != "run" || s.c.Bool(flagDryRun) {
		return nil
	}
	pause, err := s.tenant.Paused()
	if err != nil || pause == nil {
		return err
	}
	return skippedFor(s, "paused", fmt.Errorf("paused since %s: %s; acsync tenants resume %s --%s %s is the way on",
		pause.Since.Format(time.RFC3339), pause.Reason, s.tenant.Name, flagConfigDir,
		shellPath(s.c.String(flagConfigDir))))
}

func skippedFor(s *session, reason string, locked error) (err error) {
	// One line also in JSON, as a pass is: schedules append it to a file.
	if s.c.Bool(flagJSON) {
		err = json.NewEncoder(s.stdout).Encode(map[string]any{
			"schema": "acsync.skipped/1", "skipped": true, "reason": reason, "message": locked.Error(),
			"exit": exit.Done,
		})
	} else {
		_, err = fmt.Fprintf(s.stdout, "skipped: %v\n", locked)
	}
	return cmp.Or(err, error(ended{exit.Done, nil}))
}
