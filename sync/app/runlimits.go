package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/exit"
)

// timeUp ends a pass at --max-duration.
type timeUp struct{ after config.Duration }

// Error says what happened and that nothing is lost.
func (t timeUp) Error() string {
	return fmt.Sprintf("stopped after --%s %s; what had begun was finished, the rest is kept for later",
		flagMaxDuration, t.after)
}

// ExitClass returns that the next run goes on.
func (timeUp) ExitClass() exit.Code { return exit.Temporary }

// runLimits are what the command line says of a pass beyond what it is to do.
type runLimits struct {
	lock lockPolicy
	most config.Duration // --max-duration; 0 = no limit
}

// readRunLimits refuses what cannot be carried out as it was said.
func readRunLimits(c *cli.Context) (l runLimits, err error) {
	if c.IsSet(flagMax) && c.Int(flagMax) < 1 {
		return l, usagef("--%s %d: give a number of at least 1; to send nothing there is --%s", flagMax,
			c.Int(flagMax), flagDryRun)
	}
	if c.IsSet(flagConfirm) && c.Int(flagConfirm) < 1 {
		return l, usagef("--%s %d: give the number of survey requests that the refusal named", flagConfirm,
			c.Int(flagConfirm))
	}
	if err := checkReports(c); err != nil {
		return l, err
	}
	if l.lock, err = readLockPolicy(c); err != nil || !c.IsSet(flagMaxDuration) {
		return l, err
	}
	text := c.String(flagMaxDuration)
	if err := l.most.UnmarshalText([]byte(text)); err != nil || l.most <= 0 {
		return l, usagef("--%s %q: give a duration, such as 90m or 8h", flagMaxDuration, text)
	}
	return l, nil
}

// run runs an engine for as long as it may.
func (l runLimits) run(ctx context.Context, engine *surveysync.Engine) (surveysync.Result, error) {
	// Not a deadline: the pacers would refuse to wait beyond it, and the pass would end before it, without a
	// reason.
	if l.most > 0 {
		var stop context.CancelCauseFunc
		ctx, stop = context.WithCancelCause(ctx)
		defer stop(nil)
		defer time.AfterFunc(time.Duration(l.most), func() { stop(timeUp{l.most}) }).Stop()
	}
	result, err := engine.Run(ctx)
	if errors.As(err, new(timeUp)) {
		result.Limit = flagMaxDuration
	}
	return result, err
}
