package app

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
)

func planCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name:  "plan",
		Usage: "make a dry run, and save what it would send to a file that apply carries out",
		Description: "Reads and decides as run does, or with --from and --to as backfill does, and sends\n" +
			"nothing. The file holds ids, times and hashes, no names and no addresses. Look at the\n" +
			"report, then: acsync apply FILE.",
		Flags: append([]cli.Flag{
			value(flagOut, "write the plan to `FILE`, which is replaced"),
			&cli.StringFlag{
				Name: flagExpires, DefaultText: "24h",
				Usage: "let it be carried out within a `DURATION` such as 4h, and not later",
			},
			toggle(flagDetailed, fmt.Sprintf("exit %d when there is something to send, in place of 0 and 3",
				exit.WouldSend)),
			value(flagFrom,
				"the `TIME` at which the range begins, as of backfill; by default it is what run would read"),
			value(flagTo, "the `TIME` before which the range ends; also now"),
		}, passFlagsBut(flagDryRun, flagConfirm)...),
		Action: func(c *cli.Context) error {
			file, err := newPlanFile(c)
			if err != nil {
				return err
			}
			return makePass(l, c, file, file.prepare)
		},
	})
}
