package app

import (
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/tenant"
)

// handful is how many survey requests a rehearsal creates unless it is told otherwise: what somebody looks
// at.
const handful = 5

const rehearseHelp = `Does what run does, with agent_connect.test_api_key: every survey goes to the API test
email address that is set in Agent Connect, and to no customer. It has a ledger of its
own beside the real one, which it never opens, so that going live moves nothing. The
next rehearsal goes on where this one stopped.`

func rehearseCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "rehearse", Category: groupSetUp,
		Usage: "make a pass with the test key, to the test address alone",
		UsageText: `acsync rehearse  # five surveys, all to the test address
acsync rehearse --max 20  # twenty more
acsync rehearse --restart --start "48h ago"  # begin anew, two days ago`,
		Description: rehearseHelp,
		Flags: append([]cli.Flag{
			described(flagStart, "24h ago",
				"where the first rehearsal begins: `TIME` is 24h ago, a date, or a time"),
			toggle(flagRestart, "forget the rehearsals before, and begin anew at --start"),
			number(flagMax, strconv.Itoa(handful),
				"create at most `N` survey requests; the rest waits for the next rehearsal"),
		}, passFlagsBut(flagDryRun, flagMax, flagConfirm, flagKnock, flagSuccess)...),
		Action: inPass(l, rehearse),
	})
}

func rehearse(s *session) error {
	about := tenant.Rehearsal{Restart: s.c.Bool(flagRestart)}
	var err error
	if about.Start, err = rehearsalStart(s); err != nil {
		return err
	}
	if s.tenant, err = s.tenant.Rehearse(about); err != nil {
		return err
	}
	if s.c.IsSet(flagStart) && !about.Restart && s.tenant.Made() {
		return usagef("--%s is where the first rehearsal begins, and there was one, which the next goes on "+
			"from; to begin anew there add --%s", flagStart, flagRestart)
	}
	return makePass(s, nil, func(_ *session, o *surveysync.Options) error {
		if !s.c.IsSet(flagMax) {
			o.Limits.Max = handful
		}
		// What it may send is said by --max, and whoever rehearses waits for no outage.
		o.Unconfirmed, o.Knock = 0, true
		return nil
	})
}

func rehearsalStart(s *session) (time.Time, error) {
	if !s.c.IsSet(flagStart) {
		return s.clock().Add(-beginning).UTC(), nil
	}
	return firstStart(s.c, s.times(s.tenant.Config, s.clock().UTC()))
}
