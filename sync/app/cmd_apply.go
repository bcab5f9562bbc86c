package app

import (
	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
)

func (s *shell) applyCommand() *cli.Command {
	return commandOf("FILE", &cli.Command{
		Name:  "apply",
		Usage: "carry out exactly what a plan holds",
		Description: "Reads each conversation of the plan again and decides again. What comes to the same survey request is sent; what does\n" +
			"not, or was sent meanwhile, is not, and the report tells why. The checkpoint stays where it is. Flags stand before FILE.",
		Flags:  passFlagsBut(flagConfirm),
		Action: s.apply,
	})
}

// apply carries out a plan.
func (s *shell) apply(c *cli.Context) error {
	return s.pass(c, func(t *tenant, o *surveysync.Options) (err error) {
		if err := t.config.Ready(); err != nil {
			return err
		}
		if o.Plan, err = readPlan(c.Args().First(), t.planTerms(s.clock())); err != nil {
			return err
		}
		if o.Unconfirmed = 0; o.Plan.Backfill {
			o.Policy.MaxAge = 0
		}
		return t.needLedger()
	})
}
