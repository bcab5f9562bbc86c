package app

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/fetch"
)

func (s *shell) backfillCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "backfill",
		Usage: "make one pass over a range of time, and go on with it where it was stopped",
		Description: "Reads what was marked done from --from until before --to, whatever its age, decides, and creates the survey requests.\n" +
			"The checkpoint stays where it is. The same command again goes on where this one stopped. Nobody is asked twice, in\n" +
			"whatever order and overlap ranges are read.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: flagFrom, Usage: "the `TIME` at which the range begins: 30d ago, a date, or a time, in the zone of sync.timezone"},
			&cli.StringFlag{Name: flagTo, Usage: "the `TIME` before which the range ends; also now: then the same command goes on to the present each time"},
			&cli.BoolFlag{Name: flagRestart, Usage: "begin the range again, however far it has come"},
		}, passFlags()...),
		Action: s.backfill,
	})
}

// backfill makes one pass over a range.
func (s *shell) backfill(c *cli.Context) error {
	return s.pass(c, func(t *tenant, o *surveysync.Options) error {
		o.Restart = c.Bool(flagRestart)
		return s.overRange(c, t, o)
	})
}

// overRange lets a pass go over the range of --from and --to, whatever its age.
func (s *shell) overRange(c *cli.Context, t *tenant, o *surveysync.Options) error {
	zone, err := t.config.Location()
	if err != nil {
		return err
	}
	o.Policy.MaxAge = 0
	o.Range, err = s.between(c, zone)
	return err
}

// between reads the range of --from and --to. An end that is "now" is left open.
func (s *shell) between(c *cli.Context, zone *time.Location) (fetch.Window, error) {
	var w fetch.Window
	from, to := strings.TrimSpace(c.String(flagFrom)), strings.TrimSpace(c.String(flagTo))
	if from == "" || to == "" {
		return w, usagef("a range needs both its ends: --%s TIME and --%s TIME, such as --%s 2026-10-01 --%s 2026-11-01, or --%s now",
			flagFrom, flagTo, flagFrom, flagTo, flagTo)
	}
	now := s.clock()
	var err error
	if w.From, err = parseTime(flagFrom, from, zone, now); err != nil {
		return w, err
	}
	if to == "now" {
		return w, nil
	}
	if w.To, err = parseTime(flagTo, to, zone, now); err == nil && w.Empty() {
		err = usagef("--%s %s is not before --%s %s; nothing was read", flagFrom, from, flagTo, to)
	}
	return w, err
}

// clock is what the time is, for times that are given as some while ago.
func (s *shell) clock() time.Time {
	if s.app.Now != nil {
		return s.app.Now()
	}
	return time.Now()
}
