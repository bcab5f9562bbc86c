package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/explain"
	"acsync/sync/fetch"
	"acsync/sync/report"
)

func (s *shell) explainCommand() *cli.Command {
	return commandOf("ID", &cli.Command{
		Name:  "explain",
		Usage: "show the whole life of one conversation, and what would happen to it now",
		Description: "Takes the id of a conversation, ID@TIME as resolve does, or its address in Kustomer. Reads Kustomer, the ledger\n" +
			"and, with the API secret, Agent Connect's data; nothing is sent, nothing is written. What cannot be read is left out,\n" +
			"and named.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: flagOffline, Usage: "read the ledger alone; call neither service"},
			&cli.BoolFlag{Name: flagReveal, Usage: "show e-mail addresses in full"},
			noPagerFlag(),
		},
		Action: s.explain,
	})
}

// inquiry is what explain has to work with, and what it lacks.
type inquiry struct {
	explainer explain.Explainer
	notices   []string
	unmade    bool  // there is no ledger yet
	lacking   error // what was to be read and could not be: its exit code is that of the command
}

// lacks notes a part that cannot be read. The first one counts for the exit code.
func (q *inquiry) lacks(err error) {
	if err == nil {
		return
	}
	q.notices = append(q.notices, err.Error())
	if q.lacking == nil {
		q.lacking = err
	}
}

// explain shows the life of one conversation.
func (s *shell) explain(c *cli.Context) (err error) {
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	asked, err := conversationNamed(c.Args().First(), tenant.config.KustomerAppURL())
	if err != nil {
		return err
	}
	q := &inquiry{explainer: explain.Explainer{Options: explainOptions(tenant.config), Verifies: tenant.remembers(), Now: s.app.Now}}
	closeLedger, err := q.openLedger(c, tenant)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	if err := q.reach(c, tenant, terminal.logger(s.stderr)); err != nil {
		return err
	}
	life, err := q.explainer.Explain(c.Context, asked.id)
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	if err = errors.Join(err, closeLedger()); err != nil {
		return err
	}
	q.lacks(life.Unread)
	if !life.Known() {
		return q.unknown(life)
	}
	if life.Kept != "" {
		q.notices = append(q.notices, fmt.Sprintf("this ledger remembers by %s: a pass is refused until sync.survey_per says so, or "+
			"the ledger was converted with acsync ledger convert", string(life.Kept)))
	}
	if owner := life.Case.Conversation.CustomerID; life.Found && asked.customer != "" && !strings.EqualFold(asked.customer, owner) {
		q.notices = append(q.notices, fmt.Sprintf("the address that was given names customer %s; in Kustomer the conversation belongs to %s",
			asked.customer, cmp.Or(owner, "none")))
	}
	if !asked.resolution.IsZero() && !resolvedAt(life, asked.resolution) {
		q.notices = append(q.notices, fmt.Sprintf("neither Kustomer nor the ledger knows of it as marked done at %s; this is what they know of it",
			asked.resolution.UTC().Format(time.RFC3339Nano)))
	}
	q.lacks(life.Unlisted)
	q.lacks(life.ReceiverErr)
	shown := report.Explanation{
		Explanation: life, Tenant: tenant.name, AppURL: tenant.config.KustomerAppURL(), Reveal: c.Bool(flagReveal),
		Unmade: q.unmade, Here: here(c), Backfill: allTheSame(c, life), Notices: q.notices, Unstamped: !tenant.config.AgentConnect.Stamp, Exit: exitCode(q.lacking),
	}
	return s.sayExplained(c, terminal, shown)
}

// resolvedAt tells whether a conversation is known to have been marked done at a time.
func resolvedAt(x explain.Explanation, at time.Time) bool {
	return x.Found && decide.SameResolution(x.Case.Resolution(), at) ||
		slices.ContainsFunc(x.Entries, func(e store.Entry) bool { return decide.SameResolution(e.Record.Resolution, at) })
}

// openLedger opens the ledger for reading. One that another process holds is done without, and so is one that was never made.
func (q *inquiry) openLedger(c *cli.Context, t *tenant) (closeLedger func() error, err error) {
	ledger, closeLedger, err := t.readLedger()
	if _, none := ledger.(dryrun.None); none { // the stand-ins' own
		q.unmade = true
	}
	switch {
	case errors.Is(err, store.ErrLocked) && !c.Bool(flagOffline):
		q.lacks(fmt.Errorf("%w; what the ledger holds is shown when it is free again", err))
	case errors.Is(err, store.ErrMissing) && !c.Bool(flagOffline) && !bolt.Abandoned(t.config.Ledger.Path):
		q.notices = append(q.notices, "there is no ledger yet: nobody is known who was asked before, and acsync init --start says where "+
			"the first pass begins")
		q.explainer.Ledger, q.unmade = dryrun.None{}, true
	case err != nil:
		return nil, err
	default:
		q.explainer.Ledger = ledger
		return closeLedger, nil
	}
	return func() error { return nil }, nil
}

// reach gives the explainer the services, as far as they are to be asked and there are keys for them.
func (q *inquiry) reach(c *cli.Context, t *tenant, log *slog.Logger) error {
	if c.Bool(flagOffline) {
		q.notices = append(q.notices, "neither service was asked (--"+flagOffline+"): this is what the ledger knows")
		return nil
	}
	if t.config.KustomerURL() == "" || !t.config.Kustomer.APIKey.IsSet() {
		if q.explainer.Ledger == nil {
			return t.config.Ready()
		}
		q.notices = append(q.notices, "Kustomer was not asked, because kustomer.org or its API key is not set: this is what the ledger knows")
		return nil
	}
	clients, err := connect(t.config, log)
	if err != nil {
		return err
	}
	e := &q.explainer
	e.Source, e.Directory = clients.kustomer, clients.kustomer
	if clients.connect == nil {
		q.notices = append(q.notices, "Agent Connect was not asked, because its API key is not set, without which no pass sends anything")
		return nil
	}
	if t.remembers() {
		e.Receiver = clients.connect
	}
	if t.config.Filters.RequireActiveProfile {
		e.Roster = clients.connect
	}
	return nil
}

// unknown says that nothing is known of a conversation, as far as could be asked.
func (q *inquiry) unknown(x explain.Explanation) error {
	const check = "is it the id of a conversation, 24 hexadecimal digits, and of this organisation?"
	switch {
	case q.lacking != nil && x.Unread != nil:
		return fmt.Errorf("conversation %s is not in the ledger, and Kustomer could not be asked: %w", x.ID, x.Unread)
	case q.lacking != nil:
		return fmt.Errorf("conversation %s is not in Kustomer, or not shown to this API key; %s What the ledger knows of it cannot be "+
			"seen now: %w", x.ID, check, q.lacking)
	case !x.Asked:
		return fmt.Errorf("conversation %s is not in the ledger, and Kustomer was not asked; %s", x.ID, check)
	}
	return fmt.Errorf("conversation %s is neither in Kustomer, as far as this API key may see, nor in the ledger; %s", x.ID, check)
}

// allTheSame is the back-fill that asks about a conversation which no pass asks about for its age alone; empty for the others.
func allTheSame(c *cli.Context, x explain.Explanation) string {
	resolved := x.Case.Resolution()
	if resolved.IsZero() || x.Forecast.Fate != explain.FateMissed && x.Forecast.Reason != decide.Stale {
		return ""
	}
	return backfillOver(c, fetch.Window{From: resolved, To: resolved.Add(time.Millisecond)})
}

// sayExplained prints the explanation. The exit code tells what is missing of it.
func (s *shell) sayExplained(c *cli.Context, t terminal, x report.Explanation) error {
	var err error
	if c.Bool(flagJSON) {
		err = report.ExplainJSON(s.stdout, x)
	} else {
		err = t.answer(report.ExplainDoc(x))
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the explanation: %w", err)
	case c.Context.Err() != nil:
		return context.Cause(c.Context)
	case x.Exit != exitDone:
		return ended{x.Exit, nil}
	}
	return nil
}
