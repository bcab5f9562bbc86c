package app

import (
	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func backfillCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name:  "backfill",
		Usage: "make one pass over a range of time, and go on with it where it was stopped",
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
