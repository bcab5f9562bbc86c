package app

import (
	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func backfillCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "backfill", Category: groupRun,
		Usage: "make one pass over a range of time, whatever its age",
		UsageText: `acsync backfill --from "7d ago" --to now --dry-run  # what a week would make
acsync backfill --from 2026-11-16 --to 2026-11-23  # a week; the same again goes on where it stopped
acsync backfill --from 2026-11-16 --to 2026-11-23 --max-duration 8h  # through the night, and no longer`,
		Description: `Reads what was marked done from --from until before --to, whatever its age, decides,
and creates the survey requests. The checkpoint stays where it is. The same command
again goes on where this one stopped. Nobody is asked twice, in whatever order and
overlap ranges are read.`,
		Flags: append([]cli.Flag{
			value(flagFrom, "the `TIME` at which the range begins: 30d ago, a date, or a time, in the zone "+
				"of sync.timezone"),
			value(flagTo, "the `TIME` before which the range ends; also now: then the same command goes on "+
				"to the present each time"),
			toggle(flagRestart, "begin the range again, however far it has come"),
		}, passFlags()...),
		Action: passAction(l, func(s *session, o *surveysync.Options) error {
			o.Restart = s.c.Bool(flagRestart)
			return overRange(s, o)
		}),
	})
}
