package app

import (
	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func runCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "run", Category: groupRun,
		Usage: "make one pass: from the checkpoint to now",
		UsageText: `acsync run --sandbox  # try it, without any account
acsync run --dry-run  # who would be asked now, and why not the others
acsync run --max 50 --report first.html  # at most 50 requests, and a page to look at
acsync run --if-locked wait=10m --json  # as a schedule calls it`,
		Description: `Reads what was marked done since the checkpoint, decides, creates the survey requests,
and moves the checkpoint. It can be stopped at any time and run as often as you like:
nobody is asked twice.`,
		Flags:  passFlags(),
		Action: passAction(l, func(*session, *surveysync.Options) error { return nil }),
	})
}
