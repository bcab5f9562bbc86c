package app

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/fetch"
)

// overRange lets a pass go over the range of --from and --to, whatever its age.
func overRange(s *session, o *surveysync.Options) error {
	zone, err := s.tenant.Config.Location()
	if err != nil {
		return err
	}
	o.Policy.MaxAge = 0
	o.Range, err = between(s.c, zone, s.clock())
	return err
}

// between reads the range of --from and --to. An end that is "now" is left open.
func between(c *cli.Context, zone *time.Location, now time.Time) (w fetch.Window, err error) {
	from, to := strings.TrimSpace(c.String(flagFrom)), strings.TrimSpace(c.String(flagTo))
	if from == "" || to == "" {
		return w, usagef("a range needs both its ends: --%s TIME and --%s TIME, such as --%s 2026-10-01 --%s "+
			"2026-11-01, or --%s now",
			flagFrom, flagTo, flagFrom, flagTo, flagTo)
	}
	if w.From, err = parseTime(flagFrom, from, zone, now); err != nil || to == "now" {
		return w, err
	}
	if w.To, err = parseTime(flagTo, to, zone, now); err == nil && w.Empty() {
		err = usagef("--%s %s is not before --%s %s; nothing was read", flagFrom, from, flagTo, to)
	}
	return w, err
}
