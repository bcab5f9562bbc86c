package app

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// staleNotice names the back-fill that asks about what a pass has skipped as stale; empty when it has skipped
// nothing so.
func staleNotice(c *cli.Context, r surveysync.Result, maxAge config.Duration) string {
	n := r.Reasons[store.Skipped][decide.Stale]
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d conversations were marked done longer ago than sync.max_age (%s) and not asked "+
		"about; to ask all the same: %s",
		n, maxAge, backfillOver(c, r.Stale))
}

// failedNotice names the back-fill that asks about what an expression failed on, once that is mended; empty
// for nothing.
func failedNotice(c *cli.Context, r surveysync.Result) string {
	n := r.Reasons.Broken()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("an expression of the configuration failed on %d conversations, which were not asked "+
		"about; when it is mended: %s",
		n, backfillOver(c, r.Failed))
}

// backfillOver is the command line of the back-fill over a range, in whole seconds.
func backfillOver(c *cli.Context, over fetch.Window) string {
	from, to := over.From.UTC().Truncate(time.Second),
		over.To.UTC().Add(time.Second-time.Nanosecond).Truncate(time.Second)
	return fmt.Sprintf("acsync backfill%s --%s %s --%s %s",
		here(c), flagFrom, from.Format(time.RFC3339), flagTo, to.Format(time.RFC3339))
}

// here is the flags that point another command at the same ledger.
func here(c *cli.Context) string {
	flags := ""
	if c.IsSet(flagConfig) {
		flags = fmt.Sprintf(" --%s %s", flagConfig, shellPath(c.String(flagConfig)))
	}
	if c.Bool(flagSandbox) {
		flags += " --" + flagSandbox
	}
	return flags
}
