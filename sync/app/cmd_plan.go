package app

import (
	"fmt"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func (s *shell) planCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "plan",
		Usage: "make a dry run, and save what it would send to a file that apply carries out",
		Description: "Reads and decides as run does, or with --from and --to as backfill does, and sends nothing. The file holds ids, times\n" +
			"and hashes, no names and no addresses. Look at the report, then: acsync apply FILE.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: flagOut, Usage: "write the plan to `FILE`, which is replaced"},
			&cli.StringFlag{Name: flagExpires, DefaultText: "24h", Usage: "let it be carried out within a `DURATION` such as 4h, and not later"},
			&cli.BoolFlag{Name: flagDetailed, Usage: fmt.Sprintf("exit %d when there is something to send, in place of 0 and 3", exitWouldSend)},
			&cli.StringFlag{Name: flagFrom, Usage: "the `TIME` at which the range begins, as of backfill; by default it is what run would read"},
			&cli.StringFlag{Name: flagTo, Usage: "the `TIME` before which the range ends; also now"},
		}, passFlagsBut(flagDryRun, flagConfirm)...),
		Action: s.plan,
	})
}

// plan makes a dry run and saves what it would send.
func (s *shell) plan(c *cli.Context) error {
	file, err := checkPlan(c)
	if err != nil {
		return err
	}
	return s.savedPass(c, file, func(t *tenant, o *surveysync.Options) error {
		if err := t.config.Ready(); err != nil {
			return err
		}
		o.DryRun, o.Unconfirmed, o.Verdict = true, 0, file.verdict
		file.planner = surveysync.NewPlanner(t.config.AgentConnect.APIKey.Reveal())
		if err := t.spares(c, flagOut, file.path); err != nil {
			return err
		}
		if c.IsSet(flagFrom) || c.IsSet(flagTo) {
			if err := s.overRange(c, t, o); err != nil {
				return err
			}
		}
		return t.needLedger()
	})
}
