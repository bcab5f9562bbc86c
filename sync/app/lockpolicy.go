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

// lockPolicy is what a command does when another process holds the ledger; the zero policy fails.
type lockPolicy struct {
	skip bool          // do nothing, and call that a success
	wait time.Duration // try again for so long
}

// readLockPolicy reads --if-locked.
func readLockPolicy(c *cli.Context) (lockPolicy, error) {
	text := c.String(flagIfLocked)
	switch word, span, waits := strings.Cut(text, "="); {
	case text == "fail":
		return lockPolicy{}, nil
	case text == "skip":
		return lockPolicy{skip: true}, nil
	case waits && word == "wait":
		var wait config.Duration
		if wait.UnmarshalText([]byte(span)) == nil && wait > 0 {
			return lockPolicy{wait: time.Duration(wait)}, nil
		}
	}
	return lockPolicy{}, usagef("--%s %q: choose fail, skip, or wait with a duration, such as wait=5m",
		flagIfLocked, text)
}

// open tries to open the ledger until that works, the time is up, or the context ends. Each try itself waits
// a moment for the lock.
func (p lockPolicy) open(ctx context.Context, try func() error) error {
	for until := time.Now().Add(p.wait); ; {
		err := try()
		switch {
		case !errors.Is(err, store.ErrLocked) || !time.Now().Before(until):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}

// skips reports whether an error of opening the ledger is none.
func (p lockPolicy) skips(err error) bool { return p.skip && errors.Is(err, store.ErrLocked) }

// saySkipped says in one line that nothing was done.
func saySkipped(s *session, err error) error {
	// One line also in JSON, as a pass is: schedules append it to a file.
	if s.c.Bool(flagJSON) {
		return json.NewEncoder(s.stdout).Encode(map[string]any{
			"schema": "acsync.skipped/1", "skipped": true, "reason": "locked", "message": err.Error(),
			"exit": exit.Done,
		})
	}
	fmt.Fprintf(s.stdout, "skipped: %v\n", err)
	return nil
}
