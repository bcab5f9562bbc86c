package app

import (
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
)

// overlap is what a pass does when another process holds the ledger; the zero overlap fails.
type overlap struct {
	skip bool          // do nothing, and call that a success
	wait time.Duration // try again for so long
}

// ifLocked reads --if-locked.
func ifLocked(c *cli.Context) (overlap, error) {
	text := c.String(flagIfLocked)
	switch word, span, waits := strings.Cut(text, "="); {
	case text == "fail":
		return overlap{}, nil
	case text == "skip":
		return overlap{skip: true}, nil
	case waits && word == "wait":
		var wait config.Duration
		if wait.UnmarshalText([]byte(span)) == nil && wait > 0 {
			return overlap{wait: time.Duration(wait)}, nil
		}
	}
	return overlap{}, usagef("--%s %q: choose fail, skip, or wait with a duration, such as wait=5m", flagIfLocked, text)
}

// open tries to open the ledger until that works, the time is up, or the context ends. Each try itself waits a moment for
// the lock.
func (o overlap) open(ctx context.Context, try func() error) error {
	for until := time.Now().Add(o.wait); ; {
		err := try()
		switch {
		case !errors.Is(err, store.ErrLocked) || !time.Now().Before(until):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}

// skips tells whether an error of opening the ledger is none.
func (o overlap) skips(err error) bool { return o.skip && errors.Is(err, store.ErrLocked) }

// saySkipped says in one line that nothing was done.
func (s *shell) saySkipped(c *cli.Context, err error) error {
	if c.Bool(flagJSON) {
		return json.NewEncoder(s.stdout).Encode(map[string]any{ // on one line, as a pass is: schedules append it to a file
			"schema": "acsync.skipped/1", "skipped": true, "reason": "locked", "message": err.Error(), "exit": exit.Done,
		})
	}
	fmt.Fprintf(s.stdout, "skipped: %v\n", err)
	return nil
}
