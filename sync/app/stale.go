package app

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
)

// staleNotice names the back-fill that asks about what a pass has skipped as stale; empty when it has skipped nothing so.
func staleNotice(c *cli.Context, r surveysync.Result, maxAge config.Duration) string {
	n := r.Reasons[store.Skipped][surveysync.Stale]
	if n == 0 {
		return ""
	}
	where := ""
	switch {
	case c.IsSet(flagConfig):
		where = fmt.Sprintf(" --%s %s", flagConfig, c.String(flagConfig))
	case c.Bool(flagSandbox):
		where = " --" + flagSandbox
	}
	if c.IsSet(flagConfig) && c.Bool(flagSandbox) {
		where += " --" + flagSandbox
	}
	from, to := r.Stale.From.UTC().Truncate(time.Second), r.Stale.To.UTC().Add(time.Second-time.Nanosecond).Truncate(time.Second)
	return fmt.Sprintf("%d conversations were marked done longer ago than sync.max_age (%s) and not asked about; to ask all the same: "+
		"acsync backfill%s --%s %s --%s %s",
		n, maxAge, where, flagFrom, from.Format(time.RFC3339), flagTo, to.Format(time.RFC3339))
}
