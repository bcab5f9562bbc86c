package app

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/exit"
	"acsync/sync/work"
)

func backfillCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "backfill", Category: groupRun,
		Usage: "make one pass over a range of time, whatever its age",
		UsageText: `acsync backfill --from "7d ago" --to now --dry-run  # what a week would make
acsync backfill --from 2026-11-16 --to 2026-11-23  # a week; the same again goes on where it stopped
acsync backfill --from 2026-11-16 --to 2026-11-23 --max-duration 8h  # through the night, and no longer`,
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
			toggle(flagEnqueue, "let a worker make it (acsync work), and wait for nothing; of the other flags "+
				"--max goes with it"),
		}, passFlags()...),
		Action: func(c *cli.Context) error {
			if c.Bool(flagEnqueue) {
				return in(l, enqueueBackfill)(c)
			}
			return passAction(l, func(s *session, o *surveysync.Options) error {
				o.Restart = s.c.Bool(flagRestart)
				return overRange(s, o)
			})(c)
		},
	})
}

// enqueueBackfill leaves the back-fill to whichever worker has time. What is wrong with the range is told at
// once.
func enqueueBackfill(s *session) error {
	for _, name := range []string{flagRestart, flagDryRun, flagMaxDuration, flagReport, flagConfirm} {
		if s.c.IsSet(name) {
			return usagef("--%s does not go with --%s; nothing was enqueued", name, flagEnqueue)
		}
	}
	if s.c.String(flagConfigDir) == "" || !s.tenant.Config.Ledger.InDatabase() {
		return exit.Advise(usagef("--%s is for a tenant of --%s whose ledger is in a database: acsync work serves no "+
			"others; nothing was enqueued", flagEnqueue, flagConfigDir), "", "organisations")
	}
	var o surveysync.Options
	if err := overRange(s, &o); err != nil {
		return err
	}
	db, err := s.tenant.Database(s.c.Context)
	if err == nil {
		err = work.Ready(s.c.Context, db)
	}
	if err != nil {
		return err
	}
	// Each slice is a command line of its own, to which the same moment has to be said.
	b := work.Backfill{
		Tenant: s.c.String(flagTenant), From: o.Range.From.UTC().Format(time.RFC3339Nano), To: s.c.String(flagTo),
		Max: s.c.Int(flagMax),
	}
	if !o.Range.To.IsZero() {
		b.To = o.Range.To.UTC().Format(time.RFC3339Nano)
	}
	fresh, err := work.Enqueue(s.c.Context, db, b)
	if err != nil {
		return err
	}
	if s.c.Bool(flagJSON) {
		return s.printJSON(map[string]any{
			"schema": "acsync.enqueued/1", "tenant": b.Tenant, "from": b.From, "to": b.To, "max": b.Max, "enqueued": fresh,
		})
	}
	text := "enqueued: a worker makes it, and acsync tenants status shows how far it is"
	if !fresh {
		text = "it is enqueued already, and not made to its end yet"
	}
	_, err = fmt.Fprintln(s.stdout, text)
	return err
}
