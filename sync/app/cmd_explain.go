package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/exit"
	"acsync/sync/explain"
	"acsync/sync/fetch"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

func explainCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "explain", ArgsUsage: "ID",
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

func explainOne(s *session) error {
	app := s.tenant.Config.KustomerAppURL()
	asked, err := parseConversation(s.c.Args().First(), app)
	if err != nil {
		return err
	}
	q := inquiry{session: s, explainer: explain.Explainer{
		Options: tenant.ExplainOptions(s.tenant.Config), Verifies: s.tenant.Remembers(), Now: s.now,
	}}
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
	code := exitCode(q.lacking)
	err = show(s, report.Explanation{
		Explanation: life, Tenant: s.tenant.Name, AppURL: app, Reveal: s.c.Bool(flagReveal),
		Unmade: q.unmade, Here: here(s.c), Backfill: allTheSame(s.c, life), Notices: q.notices,
		Unstamped: !s.tenant.Config.AgentConnect.Stamp, Exit: int(code),
	}, report.ExplainJSON, report.ExplainDoc)
	switch {
	case err != nil:
		return fmt.Errorf("print the explanation: %w", err)
	case s.c.Context.Err() != nil:
		return context.Cause(s.c.Context)
	case code != exit.Done:
		return ended{code, nil}
	}
	return nil
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

// inquiry is what explain has to work with, and what it lacks.
type inquiry struct {
	*session
	explainer explain.Explainer
	notices   []string
	unmade    bool  // there is no ledger yet
	lacking   error // what was to be read and could not be: its exit code is that of the command
}

// ask asks everybody that there is about a conversation. The ledger is free again when it returns.
func (q *inquiry) ask(id string) (life explain.Explanation, err error) {
	closeLedger, err := q.openLedger()
	if err != nil {
		return life, err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	if err := q.reach(); err != nil {
		return life, err
	}
	return q.explainer.Explain(q.c.Context, id)
}

// openLedger opens the ledger for reading. One that another process holds is done without, and so is one that
// was never made.
func (q *inquiry) openLedger() (closeLedger func() error, err error) {
	ledger, closeLedger, err := q.tenant.ReadLedger()
	online := !q.c.Bool(flagOffline)
	switch {
	case err == nil:
		q.explainer.Ledger = ledger
		_, q.unmade = ledger.(dryrun.None) // the stand-ins' own
		return closeLedger, nil
	case errors.Is(err, store.ErrLocked) && online:
		q.lacks(fmt.Errorf("%w; what the ledger holds is shown when it is free again", err))
	case errors.Is(err, store.ErrMissing) && online && !bolt.Abandoned(q.path()):
		q.notice("there is no ledger yet: nobody is known who was asked before, and acsync init --start " +
			"says where the first pass begins")
		q.explainer.Ledger, q.unmade = dryrun.None{}, true
	default:
		return nil, err
	}
	return func() error { return nil }, nil
}

// reach gives the explainer the services, as far as they are to be asked and there are keys for them.
func (q *inquiry) reach() error {
	cfg := q.tenant.Config
	keyless := cfg.KustomerURL() == "" || !cfg.Kustomer.APIKey.IsSet()
	switch {
	case q.c.Bool(flagOffline):
		q.notice("neither service was asked (--" + flagOffline + "): this is what the ledger knows")
		return nil
	case keyless && q.explainer.Ledger == nil:
		return cfg.Ready()
	case keyless:
		q.notice("Kustomer was not asked, because kustomer.org or its API key is not set: this is what the " +
			"ledger knows")
		return nil
	}
	clients, err := q.connect()
	if err != nil {
		return err
	}
	e := &q.explainer
	e.Source, e.Directory = clients.Kustomer, clients.Kustomer
	if clients.AgentConnect == nil {
		q.notice("Agent Connect was not asked, because its API key is not set, without which no pass sends " +
			"anything")
		return nil
	}
	if q.tenant.Remembers() {
		e.Receiver = clients.AgentConnect
	}
	if cfg.Filters.RequireActiveProfile {
		e.Profiles = clients.AgentConnect
	}
	return nil
}

func (q *inquiry) notice(text string) { q.notices = append(q.notices, text) }

// lacks notes a part that cannot be read. The first one counts for the exit code.
func (q *inquiry) lacks(err error) {
	if err != nil {
		q.notice(err.Error())
		q.lacking = cmp.Or(q.lacking, err)
	}
}

// unknown says that nothing is known of a conversation, as far as could be asked.
func (q *inquiry) unknown(x explain.Explanation) error {
	const check = "is it the id of a conversation, 24 hexadecimal digits, and of this organisation?"
	switch {
	case q.lacking != nil && x.Unread != nil:
		return fmt.Errorf("conversation %s is not in the ledger, and Kustomer could not be asked: %w",
			x.ID, x.Unread)
	case q.lacking != nil:
		return fmt.Errorf("conversation %s is not in Kustomer, or not shown to this API key; %s What the "+
			"ledger knows of it cannot be seen now: %w", x.ID, check, q.lacking)
	case !x.Asked:
		return fmt.Errorf("conversation %s is not in the ledger, and Kustomer was not asked; %s", x.ID, check)
	}
	return fmt.Errorf("conversation %s is neither in Kustomer, as far as this API key may see, nor in the "+
		"ledger; %s", x.ID, check)
}
