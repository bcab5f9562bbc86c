package app

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/plan"
)

func applyCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "apply", Category: groupRun, ArgsUsage: "FILE", Usage: "carry out exactly what a plan holds",
		UsageText: `acsync apply plan.json --dry-run  # what of it still holds
acsync apply plan.json --report applied.html  # and a page that shows what became of it`,
		Description: `Reads each conversation of the plan again and decides again. What comes to the same
survey request is sent; what does not, or was sent meanwhile, is not, and the report
tells why. The checkpoint stays where it is.`,
		Flags:  passFlagsBut(flagConfirm),
		Action: passAction(l, apply),
	})
}

func apply(s *session, o *surveysync.Options) (err error) {
	if o.Plan, err = readPlan(s.c.Args().First(), s.tenant.PlanTerms(s.clock())); err != nil {
		return err
	}
	o.Unconfirmed = 0
	if o.Plan.Backfill {
		o.Policy.MaxAge = 0
	}
	return s.tenant.NeedLedger()
}

// largestPlan is more than a plan of a million conversations takes.
const largestPlan = 256 << 20

func readPlan(path string, terms plan.Terms) (*plan.Plan, error) {
	text, err := readPlanFile(path)
	if err != nil {
		return nil, err
	}
	made, err := plan.Read(text, terms)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &made, nil
}

// readPlanFile reads no more than a plan can be.
func readPlanFile(path string) ([]byte, error) {
	if path == "-" {
		return nil, usagef("a plan is read from a file, not from stdin; nothing was sent")
	}
	text, err := readRegular(path, largestPlan)
	if err != nil {
		return nil, usagef("the plan %q cannot be read: %v; nothing was sent", path, err)
	}
	return text, nil
}

// readRegular reads a file that is one, and has no more bytes than it can have.
func readRegular(path string, most int64) ([]byte, error) {
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Size() > most:
		return nil, fmt.Errorf("it is larger than %d MiB", most>>20)
	}
	return os.ReadFile(path)
}
