package app

import (
	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func runCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name:  "run",
		Usage: "make one pass: from the checkpoint to now",
		Description: `Reads what was marked done since the checkpoint, decides, creates the survey requests,
and moves the checkpoint. It can be stopped at any time and run as often as you like:
nobody is asked twice.`,
		Flags:  passFlags(),
		Action: passAction(l, func(*session, *surveysync.Options) error { return nil }),
	})
}
