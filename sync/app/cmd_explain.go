package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
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
		Name: "explain", Category: groupLook, ArgsUsage: "WHAT...",
		Usage: "show the whole life of a conversation, or of a customer",
		UsageText: `acsync explain 6b03d563d6d86715a047ed41  # why this conversation was asked about, or not
acsync explain jane@example.com  # all conversations of a customer
acsync explain 6b03d563d6d86715a047ed41 --fields  # with all values that rules see`,
		Description: `Takes conversations and customers: by id, or by the address in Kustomer; a conversation
also as ID@TIME, as resolve does; a customer also by e-mail address. Reads Kustomer, the
ledger and, with the API secret, Agent Connect's data; nothing is sent, nothing is
written. What cannot be read is left out, and named.`,
		Flags: []cli.Flag{
			toggle(flagFields, "show all values that rules see, as a rule writes them"),
			toggle(flagOffline, "read the ledger alone; call neither service"),
			toggle(flagReveal, "show e-mail addresses in full, and names among --"+flagFields),
			ifLockedFlag(),
			noPagerFlag(),
		},
		Action: reading(l, explainAll),
	})
}

func explainAll(s *session) error {
	q := inquiry{session: s, explainer: explain.Explainer{
		Options: tenant.ExplainOptions(s.tenant.Config), Verifies: s.tenant.Remembers(), Now: s.now,
	}}
	for _, argument := range s.c.Args().Slice() {
		asked, err := parseSubject(argument, s.tenant.Config.KustomerAppURL())
		if err != nil {
			return err
		}
		q.subjects = append(q.subjects, &asked)
	}
	var err error
	if q.lock, err = readLockPolicy(s.c); err != nil {
		return err
	}
	// The stand-ins of a demonstration are told what its passes have sent, which they have forgotten. Whatever
	// is wrong with its ledger is found when that is read.
	if s.tenant.Demo != nil && !s.c.Bool(flagOffline) {
		_, _ = s.lend(q.lock)
	}
	if err := q.ask(); err != nil {
		return err
	}
	return q.answer()
}

// answer shows what was found. One conversation has a form of its own.
func (q *inquiry) answer() error {
	s := q.session
	only := len(q.subjects) == 1
	for _, each := range q.subjects {
		switch {
		case each.problem == nil:
		case only:
			return each.problem
		default:
			q.unknown = cmp.Or(q.unknown, each.problem)
		}
	}
	code := exitCode(cmp.Or(q.lacking, q.unknown))
	var err error
	if first := q.subjects[0]; only && first.found == nil {
		life := first.lives[0]
		life.Notices, life.Exit = slices.Concat(life.Notices, q.notices), int(code)
		err = show(s, life, report.ExplainJSON, report.ExplainDoc)
	} else {
		err = show(s, q.report(code), report.ExplanationsJSON, report.ExplanationsDoc)
	}
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

func (q *inquiry) report(code exit.Code) report.Explanations {
	made := report.Explanations{
		Tenant: q.tenant.Name, AppURL: q.tenant.Config.KustomerAppURL(), Here: here(q.c),
		Reveal: q.c.Bool(flagReveal), Notices: q.notices, Exit: int(code),
	}
	for _, each := range q.subjects {
		one := report.Subject{Asked: each.shown, Customer: each.found, Lives: each.lives}
		if each.problem != nil {
			one.Problem, one.Lives = each.problem.Error(), nil
		}
		made.Subjects = append(made.Subjects, one)
	}
	return made
}

// allTheSame is the back-fill that asks about what no pass asks about for its age alone; empty for others.
func allTheSame(c *cli.Context, x explain.Explanation) string {
	resolved := x.Case.Resolution()
	if resolved.IsZero() || x.Forecast.Fate != explain.FateMissed && x.Forecast.Reason != decide.Stale {
		return ""
	}
	return backfillOver(c, fetch.Window{From: resolved, To: resolved.Add(time.Millisecond)})
}

// inquiry is what explain has to work with, what it has found, and what it lacks.
type inquiry struct {
	*session
	lock      lockPolicy
	explainer explain.Explainer
	subjects  []*subject
	notices   []string
	unmade    bool  // there is no ledger yet
	lacking   error // what was to be read and could not be: its exit code is that of the command
	unknown   error // what nothing is known of
}

// ask asks everybody that there is. The ledger is read at once, and free while services are asked.
func (q *inquiry) ask() error {
	if err := q.reach(); err != nil {
		return err
	}
	made := q.explainer.Inquire()
	q.find(made)
	if err := q.remember(made); err != nil {
		return err
	}
	for _, each := range q.subjects {
		if err := q.explain(made, each); err != nil {
			return err
		}
	}
	return nil
}

// find reads from Kustomer what was named, customers with all their conversations.
func (q *inquiry) find(made *explain.Inquiry) {
	ctx := q.c.Context
	var ids []string
	for _, each := range q.subjects {
		if each.id != "" {
			ids = append(ids, each.id)
		}
	}
	made.Read(ctx, ids...)
	ids = nil
	for _, each := range q.subjects {
		each.find(ctx, made, q.explainer.Source != nil)
		if each.found != nil {
			ids = append(ids, each.found.Conversations...)
		}
	}
	made.Read(ctx, ids...)
}

// remember reads the ledger.
func (q *inquiry) remember(made *explain.Inquiry) (err error) {
	ledger, closeLedger, err := q.openLedger()
	if err != nil || ledger == nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	var ids []string
	for _, each := range q.subjects {
		ids = append(ids, each.conversations()...)
	}
	return made.Remember(ledger, ids...)
}

// explain explains a subject: what of it is not known is its problem.
func (q *inquiry) explain(made *explain.Inquiry, each *subject) error {
	app := q.tenant.Config.KustomerAppURL()
	for _, id := range each.conversations() {
		life, err := made.Explain(q.c.Context, id)
		if err != nil {
			return err
		}
		q.lacks(life.Unread)
		if each.found == nil && !life.Known() {
			each.problem = q.unheard(life, each.problem)
			return nil
		}
		q.lacks(life.Unlisted)
		q.lacks(life.ReceiverErr)
		shown := report.Explanation{
			Explanation: life, Tenant: q.tenant.Name, AppURL: app, Reveal: q.c.Bool(flagReveal),
			Unmade: q.unmade, Here: here(q.c), Backfill: allTheSame(q.c, life),
			Unstamped: !q.tenant.Config.AgentConnect.Stamp, Fields: q.c.Bool(flagFields),
		}
		if each.found == nil {
			for _, notice := range each.differences(life, q.tenant.Config.Sync.SurveyPer) {
				shown.Notices = append(shown.Notices, pointed(q.c, notice))
			}
		}
		each.lives = append(each.lives, shown)
	}
	if each.found == nil && each.id != "" {
		each.problem = nil
	} else if each.found != nil && each.found.More {
		q.notice("Kustomer has more conversations of customer " + each.found.ID + " than are read")
	}
	return nil
}

// openLedger opens the ledger for reading. One that is locked or was never made is done without; it is nil
// then, or empty.
func (q *inquiry) openLedger() (ledger dryrun.ReadLedger, closeLedger func() error, err error) {
	err = q.lock.open(q.session, func() (err error) {
		ledger, closeLedger, err = q.tenant.ReadLedger()
		return err
	})
	online := !q.c.Bool(flagOffline)
	_, q.unmade = ledger.(dryrun.None) // the stand-ins' own
	none := func() error { return nil }
	switch {
	case q.unmade && !online:
		return nil, nil, tenant.ErrUnmade
	case err == nil:
		return ledger, closeLedger, nil
	// Then there is nobody to tell anything.
	case q.explainer.Source == nil && online && errors.Is(err, store.ErrLocked):
		return nil, nil, cmp.Or(q.tenant.Config.Ready(), err)
	case errors.Is(err, store.ErrLocked) && online:
		q.lacks(fmt.Errorf("%w; what the ledger holds is shown when it is free again", err))
		return nil, none, nil
	case errors.Is(err, store.ErrMissing) && online && !q.tenant.Abandoned():
		q.notice("there is no ledger yet: nobody is known who was asked before, and acsync init --start " +
			"says where the first pass begins")
		q.unmade = true
		return dryrun.None{}, none, nil
	}
	return nil, nil, err
}

// reach gives the explainer the services, as far as they are to be asked and there are keys for them.
func (q *inquiry) reach() error {
	cfg := q.tenant.Config
	keyless := cfg.KustomerURL() == "" || !cfg.Kustomer.APIKey.IsSet()
	switch {
	case q.c.Bool(flagOffline):
		q.notice("neither service was asked (--" + flagOffline + "): this is what the ledger knows")
		return nil
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
	e.Source, e.Directory, e.People = clients.Kustomer, clients.Kustomer, clients.Kustomer
	if clients.AgentConnect == nil {
		q.notice("Agent Connect was not asked, because its API key is not set, without which no pass sends " +
			"anything")
		return nil
	}
	if q.tenant.Remembers() {
		e.Receiver, e.Reminded = clients.AgentConnect, q.tenant.Demo != nil
	}
	if cfg.Filters.RequireActiveProfile {
		e.Profiles = clients.AgentConnect
	}
	return nil
}

func (q *inquiry) notice(text string) { q.notices = append(q.notices, pointed(q.c, text)) }

// lacks notes a part that cannot be read, once. The first one counts for the exit code.
func (q *inquiry) lacks(err error) {
	if err == nil {
		return
	}
	if text := pointed(q.c, err.Error()); !slices.Contains(q.notices, text) {
		q.notices = append(q.notices, text)
	}
	q.lacking = cmp.Or(q.lacking, err)
}

// unheard says that nothing is known of a conversation, as far as could be asked. The problem is why nobody
// knows whether it is a customer.
func (q *inquiry) unheard(x explain.Explanation, problem error) error {
	const check = "is it the id of a conversation, 24 hexadecimal digits, and of this organisation?"
	switch {
	case problem != nil:
		return fmt.Errorf("%s is no conversation that Kustomer or the ledger knows, and whether it is a "+
			"customer cannot be told: %w", x.ID, problem)
	case q.lacking != nil && x.Unread != nil:
		return fmt.Errorf("conversation %s is not in the ledger, and Kustomer could not be asked: %w",
			x.ID, x.Unread)
	case q.lacking != nil:
		return fmt.Errorf("conversation %s is not in Kustomer, or not shown to this API key; %s What the "+
			"ledger knows of it cannot be seen now: %w", x.ID, check, q.lacking)
	case !x.Asked:
		return fmt.Errorf("conversation %s is not in the ledger, and Kustomer was not asked; %s", x.ID, check)
	case hexID(x.ID):
		return fmt.Errorf("conversation %s is neither in Kustomer, as far as this API key may see, nor in the "+
			"ledger, and no customer has that id; %s", x.ID, check)
	}
	return fmt.Errorf("conversation %s is neither in Kustomer, as far as this API key may see, nor in the "+
		"ledger; %s", x.ID, check)
}
