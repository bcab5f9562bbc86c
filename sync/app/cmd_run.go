package app

import (
	"cmp"
	"fmt"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/exit"
	"acsync/sync/schedule"
)

func runCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "run", Category: groupRun,
		Usage: "make one pass: from the checkpoint to now",
		UsageText: `acsync run --sandbox  # try it, without any account
acsync run --dry-run  # who would be asked now, and why not the others
acsync run --dry-run --from "24h ago"  # what a day would make, whatever was read before
acsync run --max 50 --report first.html  # at most 50 requests, and a page to look at`,
		Description: `Reads what was marked done since the checkpoint, decides, creates the survey requests,
and moves the checkpoint. It can be stopped at any time and run as often as you like:
nobody is asked twice.`,
		Flags: append([]cli.Flag{
			value(flagFrom, "with --dry-run: begin at this `TIME`, and not at the checkpoint: 24h ago, a date, "+
				"or a time"),
			described(flagTo, "now", "with --from: end before this `TIME`"),
		}, passFlags()...),
		Action: passAction(l, rangeOfRun),
	})
}

// rangeOfRun lets a dry run look at a range, as a back-fill over it would be from its beginning. A pass that
// sends begins where the one before has ended, or else it is a back-fill.
func rangeOfRun(s *session, o *surveysync.Options) error {
	from, to := s.c.String(flagFrom), cmp.Or(s.c.String(flagTo), "now")
	switch {
	case !s.c.IsSet(flagFrom) && !s.c.IsSet(flagTo):
		return nil
	case from == "":
		return usagef("--%s goes with --%s; nothing was read", flagTo, flagFrom)
	case !o.DryRun:
		return exit.Advise(usagef("--%s goes with --%s: a run begins at its checkpoint; nothing was sent", flagFrom,
			flagDryRun), fmt.Sprintf("a range is asked about by acsync backfill --%s %s --%s %s", flagFrom,
			schedule.ShellWord(from), flagTo, schedule.ShellWord(to)), "backfill")
	}
	if err := s.c.Set(flagTo, to); err != nil {
		return err
	}
	o.Restart = true
	return overRange(s, o)
}
