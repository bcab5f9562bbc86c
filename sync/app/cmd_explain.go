package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
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
		Name: "explain", ArgsUsage: "ID",
		Usage: "show the whole life of one conversation, and what would happen to it now",
		Description: `Takes the id of a conversation, ID@TIME as resolve does, or its address in Kustomer.
Reads Kustomer, the ledger and, with the API secret, Agent Connect's data; nothing is
sent, nothing is written. What cannot be read is left out, and named.`,
		Flags: []cli.Flag{
			toggle(flagOffline, "read the ledger alone; call neither service"),
			toggle(flagReveal, "show e-mail addresses in full"),
			ifLockedFlag(),
			noPagerFlag(),
		},
		Action: reading(l, explainOne),
	})
}

func explainOne(s *session) error {
	app := s.tenant.Config.KustomerAppURL()
	asked, err := parseConversation(s.c.Args().First(), app)
	if err != nil {
		return err
	}
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	q := inquiry{session: s, lock: lock, explainer: explain.Explainer{
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
	for _, each := range asked.differences(life, s.tenant.Config.Sync.SurveyPer) {
		q.notice(each)
	}
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

// allTheSame is the back-fill that asks about what no pass asks about for its age alone; empty for others.
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
	lock      lockPolicy
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

// openLedger opens the ledger for reading. One that is locked or was never made is done without.
func (q *inquiry) openLedger() (closeLedger func() error, err error) {
	var ledger dryrun.ReadLedger
	err = q.lock.open(q.session, func() (err error) {
		ledger, closeLedger, err = q.tenant.ReadLedger()
		return err
	})
	online := !q.c.Bool(flagOffline)
	_, q.unmade = ledger.(dryrun.None) // the stand-ins' own
	switch {
	case q.unmade && !online:
		return nil, tenant.ErrUnmade
	case err == nil:
		q.explainer.Ledger = ledger
		return closeLedger, nil
	case errors.Is(err, store.ErrLocked) && online:
		q.lacks(fmt.Errorf("%w; what the ledger holds is shown when it is free again", err))
	case errors.Is(err, store.ErrMissing) && online && !q.tenant.Abandoned():
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

func (q *inquiry) notice(text string) { q.notices = append(q.notices, pointed(q.c, text)) }

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

// conversationRef is a conversation as a command line names it.
type conversationRef struct {
	id       string
	customer string // whose it is, by the address that names it; empty where only the id does

	resolution time.Time // which of its resolutions; zero for the conversation as it is
}

// differences are where the conversation as it was named disagrees with what is known of it.
func (r conversationRef) differences(life explain.Explanation, surveyPer string) (notices []string) {
	note := func(format string, args ...any) { notices = append(notices, fmt.Sprintf(format, args...)) }
	if life.Kept != "" {
		note("this ledger remembers by %s: a pass is refused until sync.survey_per says so, or the ledger "+
			"was converted with acsync ledger convert --survey-per %s", string(life.Kept), surveyPer)
	}
	owner := life.Case.Conversation.CustomerID
	if life.Found && r.customer != "" && !strings.EqualFold(r.customer, owner) {
		note("the address that was given names customer %s; in Kustomer the conversation belongs to %s",
			r.customer, cmp.Or(owner, "none"))
	}
	if !r.resolution.IsZero() && !resolvedAt(life, r.resolution) {
		note("neither Kustomer nor the ledger knows of it as marked done at %s; this is what they know of it",
			r.resolution.UTC().Format(time.RFC3339Nano))
	}
	return notices
}

func resolvedAt(x explain.Explanation, at time.Time) bool {
	return x.Found && decide.SameResolution(x.Case.Resolution(), at) ||
		slices.ContainsFunc(x.Entries, func(e store.Entry) bool {
			return decide.SameResolution(e.Record.Resolution, at)
		})
}

// conversationID is what can be an id: those observed are 24 hexadecimal digits, but nothing promises that.
var conversationID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)

// parseConversation reads an argument that names a conversation: by its id, with or without the time of a
// resolution behind it, as resolve takes it, or by its address in Kustomer's web application, whose root is
// app, as in
// https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001.
// The address of another organisation is refused.
func parseConversation(argument, app string) (conversationRef, error) {
	argument = strings.TrimSpace(argument)
	none := usagef("%.100q can be no conversation: give its id, of letters and digits (24 hexadecimal "+
		"digits as a rule), one resolution of it as ID@TIME, or its address in Kustomer", argument)
	if host, _, path := strings.Cut(argument, "/"); !strings.Contains(argument, "://") {
		// As some browsers copy it.
		if path && strings.Contains(strings.Trim(host, "."), ".") {
			return parseAddress("https://"+argument, app, none)
		}
		id, clock, timed := strings.Cut(argument, "@")
		at, err := time.Parse(time.RFC3339, clock)
		if timed && err != nil || !conversationID.MatchString(id) {
			return conversationRef{}, none
		}
		return conversationRef{id: id, resolution: at}, nil
	}
	return parseAddress(argument, app, none)
}

// parseAddress reads the address of a conversation; none is the error for what is no address.
func parseAddress(text, app string, none error) (ref conversationRef, err error) {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return ref, none
	}
	own, err := url.Parse(app)
	switch {
	case err != nil || own.Host == "":
		return ref, usagef("an address in Kustomer can only be read when kustomer.org is set; give the id " +
			"of the conversation")
	case !strings.EqualFold(own.Hostname(), address.Hostname()):
		return ref, usagef("%.100q is not of this organisation, whose conversations are at %s; nothing was "+
			"read", address.Host, app)
	}
	parts := strings.Split(strings.Trim(address.Path, "/"), "/")
	event := 1 + slices.Index(parts[1:], "event")
	switch {
	case event == 0 || event+1 == len(parts):
		return ref, usagef("this address names no conversation; it should look like "+
			"%s/app/customers/<customer>/event/<conversation>", app)
	case !conversationID.MatchString(parts[event+1]):
		return ref, none
	case event > 1 && parts[event-2] == "customers":
		ref.customer = parts[event-1]
	}
	ref.id = parts[event+1]
	return ref, nil
}
