package app

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/journey"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

const flagBy = "by"

// groupsOnScreen is how many groups of each breakdown a terminal shows; more where breakdowns were chosen.
const (
	groupsOnScreen = 10
	groupsIfChosen = 50
)

func reportCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "report", Category: groupLook,
		Usage: "show what became of a week: done, asked, mailed, answered",
		UsageText: `acsync report  # the last whole week, Monday to Monday
acsync report --from "7d ago" --by team+channel,agent  # each channel of each team; then each agent
acsync report --from "30d ago" --report month.html --report month.csv  # a page, and a table`,
		Description: `Reads Kustomer, the ledger and, with the API secret, Agent Connect's data; nothing is
sent, nothing is written. Each conversation counts once, by the time when it was
marked done; without --from and --to those of the last whole week, from Monday to
Monday. acsync passes shows what passes did.`,
		Flags: []cli.Flag{
			described(flagFrom, "the Monday of last week",
				"marked done at this `TIME` or later: 30d ago, a date, or a time"),
			described(flagTo, "the Monday of this week, now if --from is given", "marked done before this `TIME`"),
			values(flagBy, "break down by these `NAMES`, one after the other: "+
				strings.Join(report.Breakdowns(), ", ")+"; joined by + they are one, as in team+channel"),
			ifLockedFlag(),
			noPagerFlag(),
			reportFlag(),
		},
		Action: reading(l, showRange),
	})
}

func showRange(s *session) error {
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	files, err := reportFiles(s)
	if err != nil {
		return err
	}
	terms := report.RangeTerms{
		Tenant: s.tenant.Name, Here: here(s.c), AppURL: s.tenant.Config.KustomerAppURL(),
		Zone: s.tenant.Config.Location(),
	}
	if terms.By, err = breakdowns(s.c.StringSlice(flagBy)); err != nil {
		return err
	}
	at := s.times(s.tenant.Config, s.clock())
	if terms.Window, terms.Cut, err = doneWindow(s.c, at, s.tenant.Demo); err != nil {
		return err
	}
	made, err := countRange(s, lock, terms)
	if err != nil {
		return err
	}
	most := groupsOnScreen
	if terms.By != nil {
		most = groupsIfChosen
	}
	return publish(s, files, made, report.RangeRendererFor, report.RangeJSON, func(r report.Range) doc.Doc {
		return report.RangeDoc(r, most)
	})
}

// countRange reads the range from the three systems, and counts its conversations.
func countRange(s *session, lock lockPolicy, terms report.RangeTerms) (made report.Range, err error) {
	ctx := s.c.Context
	sign := newSign(s)
	defer sign.end()
	notice := func(text string) { terms.Notices = append(terms.Notices, sentenceOf(text)) }
	clients, reader, err := openRange(s, lock, sign, &terms)
	if err != nil {
		return made, err
	}
	if s.tenant.Config.Filters.RequireActiveProfile {
		reader.Policy.Profiles, err = decide.NewProfiles(clients.AgentConnect.Employees(ctx))
	}
	if err != nil {
		return made, err
	}
	reader.Progress = sign.reading(terms.Window, terms.Zone)
	counter := report.NewRangeCounter(terms)
	defer func() { err = errors.Join(err, counter.Close()) }()
	if err := eachJourney(ctx, reader, terms.Window, counter.Add); err != nil {
		return made, err
	}
	names := journey.ReadNames(ctx, clients.Kustomer, notice)
	names.Learn(ctx, counter.Agents())
	if ctx.Err() != nil {
		return made, context.Cause(ctx)
	}
	counter.Notices = terms.Notices
	return counter.Report(names)
}

// openRange opens the three systems for a range, and completes what is told of it. A service whose key is
// needed and not set is an error.
func openRange(
	s *session, lock lockPolicy, log io.Writer, terms *report.RangeTerms,
) (*tenant.Clients, journey.Reader, error) {
	cfg, none := s.tenant.Config, journey.Reader{}
	if cfg.KustomerURL() == "" || !cfg.Kustomer.APIKey.IsSet() {
		return nil, none, cfg.Ready()
	}
	notice := func(text string) { terms.Notices = append(terms.Notices, sentenceOf(text)) }
	ledger, err := s.lend(lock)
	if err != nil {
		return nil, none, err
	}
	if ledger == nil {
		notice("there is no ledger yet, so that nobody is known whom acsync has asked")
	} else {
		info, err := ledger.Info()
		if err != nil {
			return nil, none, err
		}
		terms.Ledger, terms.Known, terms.Checkpoint = info.ID, fetch.KnownSince(info), info.Checkpoint
	}
	// Only now: the stand-ins of a demonstration have lent their secret with their ledger.
	clients, err := s.tenant.Connect(userAgent(), s.terminal.logger(log))
	if err != nil {
		return nil, none, err
	}
	if cfg.Filters.RequireActiveProfile && clients.AgentConnect == nil {
		return nil, none, cfg.Ready()
	}
	reader := journey.Reader{
		Source: clients.Kustomer, Directory: clients.Kustomer, Policy: tenant.Policy(cfg),
		SurveyPer: decide.SurveyPer(cfg.Sync.SurveyPer), Ledger: ledger, Notice: notice,
	}
	if s.tenant.Remembers() && clients.AgentConnect != nil {
		reader.Receiver, terms.Received = clients.AgentConnect, true
	}
	return clients, reader, nil
}

// eachJourney gives the conversations of a range to take. One that was stopped ends with why.
func eachJourney(
	ctx context.Context, reader journey.Reader, w fetch.Window, take func(journey.Journey) error,
) error {
	for j, err := range reader.Range(ctx, w) {
		if err == nil {
			err = take(j)
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		}
	}
	return nil
}

// sentenceOf is a notice as one of several sentences.
func sentenceOf(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// breakdowns are those of --by: names with commas between them stand one after the other, those that are
// joined by a plus are one. None are nil.
func breakdowns(flags []string) (list [][]string, err error) {
	for _, flag := range flags {
		for one := range strings.SplitSeq(flag, ",") {
			var names []string
			for name := range strings.SplitSeq(one, "+") {
				name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "-", "_")
				if !slices.Contains(report.Breakdowns(), name) {
					return nil, usagef("--%s %q: choose %s; with commas one after the other, joined by + as one",
						flagBy, flag, strings.Join(report.Breakdowns(), ", "))
				}
				if !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
			if !slices.ContainsFunc(list, func(other []string) bool { return slices.Equal(other, names) }) {
				list = append(list, names)
			}
		}
	}
	return list, nil
}

// doneWindow is the range of the flags, cut at the present. Without them it is the last whole week, from
// Monday to Monday; with --to alone the seven days before; of a demonstration, whose conversations are of the
// last hours, all there is.
func doneWindow(c *cli.Context, t times, demo *tenant.Demo) (w fetch.Window, cut bool, err error) {
	now := t.now
	// A date of this program's own is in its zone.
	day := func(at time.Time, days int) (time.Time, error) {
		own := times{now: now, zone: t.zone}
		return own.parse(flagFrom, at.In(t.zone).AddDate(0, 0, days).Format(time.DateOnly))
	}
	sinceMonday := (int(now.In(t.zone).Weekday()) + 6) % 7
	switch {
	case c.IsSet(flagTo):
		w.To, err = t.parse(flagTo, c.String(flagTo))
	case c.IsSet(flagFrom) || demo != nil:
		w.To = now
	default:
		w.To, err = day(now, -sinceMonday)
	}
	if err != nil {
		return w, false, err
	}
	if cut = w.To.After(now); cut {
		w.To = now
	}
	switch {
	case c.IsSet(flagFrom):
		w.From, err = t.parse(flagFrom, c.String(flagFrom))
	case demo != nil && !c.IsSet(flagTo):
		w.From = demo.Start
	case c.IsSet(flagTo):
		w.From, err = day(w.To.Add(-1), -6)
	default:
		w.From, err = day(now, -sinceMonday-7)
	}
	if err != nil {
		return w, cut, err
	}
	w.From, w.To = w.From.UTC().Truncate(time.Millisecond), w.To.UTC().Truncate(time.Millisecond)
	switch begin, end := w.From.In(t.zone).Format(time.RFC3339), w.To.In(t.zone).Format(time.RFC3339); {
	case w.From.After(now):
		return w, cut, usagef("--%s %s lies in the future; nothing was marked done then", flagFrom, begin)
	case w.Empty():
		return w, cut, usagef("--%s %s does not lie before --%s %s", flagFrom, begin, flagTo, end)
	}
	return w, cut, withinHorizon(w, now)
}

// withinHorizon refuses a range of conversations that begins where Kustomer's search shows none any more:
// they would seem never to have been.
func withinHorizon(w fetch.Window, now time.Time) error {
	if w.From.Before(now.Add(-surveysync.Horizon)) {
		return usagef("--%s lies more than two years back; Kustomer's search shows nothing that old", flagFrom)
	}
	return nil
}
