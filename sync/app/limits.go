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

// unconfirmed is how many survey requests the first pass of a ledger creates without being confirmed.
const unconfirmed = 500

// timeUp ends a pass at --max-duration.
type timeUp struct{ after config.Duration }

// Error says what happened and that nothing is lost.
func (t timeUp) Error() string {
	return fmt.Sprintf("stopped after --%s %s; what had begun was finished, the rest is kept for later", flagMaxDuration, t.after)
}

// ExitClass returns that the next run goes on.
func (timeUp) ExitClass() exit.Code { return exit.Temporary }

// terms are what the command line says of a pass beyond what it is to do.
type terms struct {
	overlap overlap
	most    config.Duration // --max-duration; 0 = no limit
}

// maxDuration reads --max-duration.
func maxDuration(c *cli.Context) (most config.Duration, err error) {
	if !c.IsSet(flagMaxDuration) {
		return 0, nil
	}
	text := c.String(flagMaxDuration)
	if err := most.UnmarshalText([]byte(text)); err != nil || most <= 0 {
		return 0, usagef("--%s %q: give a duration, such as 90m or 8h", flagMaxDuration, text)
	}
	return most, nil
}

// carryOut runs an engine for as long as it may.
func (t terms) carryOut(ctx context.Context, engine *surveysync.Engine) (surveysync.Result, error) {
	if t.most > 0 {
		// Not a deadline: the pacers would refuse to wait beyond it, and the pass would end before it, without a reason.
		var stop context.CancelCauseFunc
		ctx, stop = context.WithCancelCause(ctx)
		defer stop(nil)
		defer time.AfterFunc(time.Duration(t.most), func() { stop(timeUp{t.most}) }).Stop()
	}
	result, err := engine.Run(ctx)
	if errors.As(err, new(timeUp)) {
		result.Limit = flagMaxDuration
	}
	return result, err
}

// confirmation takes --confirm-first-run into the options.
func confirmation(c *cli.Context, o *surveysync.Options) error {
	o.Unconfirmed, o.Confirmed = unconfirmed, c.Int(flagConfirm)
	if c.IsSet(flagConfirm) && o.Confirmed < 1 {
		return usagef("--%s %d: give the number of survey requests that the refusal named", flagConfirm, o.Confirmed)
	}
	return nil
}
