package app

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/explain"
	"acsync/sync/fetch"
	"acsync/sync/report"
)

func explainCommand(l *commandLine) *cli.Command {
	return commandOf("ID", &cli.Command{
		Name:  "explain",
		Usage: "show the whole life of one conversation, and what would happen to it now",
		Description: "Takes the id of a conversation, ID@TIME as resolve does, or its address in " +
			"Kustomer.\nReads Kustomer, the ledger and, with the API secret, Agent Connect's data; nothing " +
			"is\nsent, nothing is written. What cannot be read is left out, and named.",
		Flags: []cli.Flag{
			toggle(flagOffline, "read the ledger alone; call neither service"),
			toggle(flagReveal, "show e-mail addresses in full"),
			noPagerFlag(),
		},
		Action: in(l, explainOne),
	})
}

// explainOne shows the life of one conversation.
func explainOne(s *session) error {
	asked, err := parseConversation(s.c.Args().First(), s.tenant.Config.KustomerAppURL())
	if err != nil {
		return err
	}
	q := newInquiry(s)
	life, err := q.ask(asked.id)
	if err != nil {
		return err
	}
	q.lacks(life.Unread)
	if !life.Known() {
		return q.unknown(life)
	}
	q.notices = append(q.notices, asked.differences(life)...)
	q.lacks(life.Unlisted)
	q.lacks(life.ReceiverErr)
	return sayExplained(s, report.Explanation{
		Explanation: life, Tenant: s.tenant.Name, AppURL: s.tenant.Config.KustomerAppURL(),
		Reveal: s.c.Bool(flagReveal), Unmade: q.unmade, Here: here(s.c), Backfill: allTheSame(s.c, life),
		Notices: q.notices, Unstamped: !s.tenant.Config.AgentConnect.Stamp, Exit: int(exitCode(q.lacking)),
	})
}

// allTheSame is the back-fill that asks about a conversation which no pass asks about for its age alone;
// empty for the others.
func allTheSame(c *cli.Context, x explain.Explanation) string {
	resolved := x.Case.Resolution()
	if resolved.IsZero() || x.Forecast.Fate != explain.FateMissed && x.Forecast.Reason != decide.Stale {
		return ""
	}
	return backfillOver(c, fetch.Window{From: resolved, To: resolved.Add(time.Millisecond)})
}

// sayExplained prints the explanation. The exit code tells what is missing of it.
func sayExplained(s *session, x report.Explanation) error {
	var err error
	if s.c.Bool(flagJSON) {
		err = report.ExplainJSON(s.stdout, x)
	} else {
		err = s.terminal.answer(s.stdout, report.ExplainDoc(x))
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the explanation: %w", err)
	case s.c.Context.Err() != nil:
		return context.Cause(s.c.Context)
	case x.Exit != int(exit.Done):
		return ended{exit.Code(x.Exit), nil}
	}
	return nil
}
