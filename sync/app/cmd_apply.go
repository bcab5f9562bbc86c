package app

import (
	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func applyCommand(l *commandLine) *cli.Command {
	return commandOf("FILE", &cli.Command{
		Name:  "apply",
		Usage: "carry out exactly what a plan holds",
		Description: "Reads each conversation of the plan again and decides again. What comes to the same\n" +
			"survey request is sent; what does not, or was sent meanwhile, is not, and the report\n" +
			"tells why. The checkpoint stays where it is. Flags stand before FILE.",
		Flags:  passFlagsBut(flagConfirm),
		Action: passAction(l, apply),
	})
}

// apply lets a pass carry out a plan.
func apply(s *session, o *surveysync.Options) (err error) {
	if err := s.tenant.Config.Ready(); err != nil {
		return err
	}
	if o.Plan, err = readPlan(s.c.Args().First(), s.tenant.PlanTerms(s.clock())); err != nil {
		return err
	}
	o.Unconfirmed = 0
	if o.Plan.Backfill {
		o.Policy.MaxAge = 0
	}
	return s.tenant.NeedLedger()
}
