package app

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/fetch"
	"acsync/sync/report"
)

func (s *shell) reportCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "report",
		Usage: "show what past passes did: day by day, with reasons, rejections and exit codes",
		Description: "Reads the summaries that the ledger keeps of passes, and what one that was killed had told. A pass belongs to the time at which it began;\n" +
			"without --from and --to those of today and of the six days before.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: flagFrom, DefaultText: "six days before the last day", Usage: "passes that began at this `TIME` or later: 30d ago, a date, or a time"},
			&cli.StringFlag{Name: flagTo, Value: "now", Usage: "passes that began before this `TIME`"},
			noPagerFlag(),
			&cli.StringSliceFlag{Name: flagReport, Usage: "write it to `FILE`, as its extension says: .html, .csv, .json, .md; may be given several times"},
		},
		Action: s.report,
	})
}

// report shows what past passes did.
func (s *shell) report(c *cli.Context) (err error) {
	if err := checkReports(c); err != nil {
		return err
	}
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	about := report.Past{Tenant: tenant.name, Overlap: time.Duration(tenant.config.Sync.Overlap), Ending: endingOf, Here: here(c), Asks: tenant.remembers()}
	if about.Zone, err = tenant.config.Location(); err != nil {
		return err
	}
	if about.Window, about.Cut, err = pastWindow(c, about.Zone, time.Now()); err != nil { // the clock by which passes are recorded
		return err
	}
	for _, path := range c.StringSlice(flagReport) {
		if err := tenant.spares(c, flagReport, path); err != nil {
			return err
		}
	}
	runs, err := tenant.pastRuns()
	if err != nil {
		return err
	}
	history := report.NewHistory(runs, about)
	if err := writeHistory(c, history); err != nil {
		return err
	}
	if c.Bool(flagJSON) {
		err = report.HistoryJSON(s.stdout, history)
	} else {
		err = terminal.answer(report.HistoryDoc(history, report.MostNamed))
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// pastRuns are the summaries of all passes that the ledger remembers, the newest first, and before them what one has told that was
// killed since.
func (t *tenant) pastRuns() (runs []store.Run, err error) {
	ledger, err := t.past()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	if runs, err = ledger.Runs(0); err != nil {
		return nil, fmt.Errorf("read the past passes: %w", err)
	}
	return withKilled(leftBehind(t.config.Ledger.Path), runs), nil
}

// withKilled adds a pass that was killed, and that no process has entered into the ledger since.
func withKilled(holder *store.Holder, runs []store.Run) []store.Run {
	if holder == nil {
		return runs
	}
	killed := holder.Killed()
	if killed == nil || slices.ContainsFunc(runs, func(run store.Run) bool { return run.Pass == killed.Pass }) {
		return runs
	}
	return append([]store.Run{*killed}, runs...)
}

// pastWindow is the range that the flags name, cut where the future begins; without --from its last day and the six before.
func pastWindow(c *cli.Context, zone *time.Location, now time.Time) (w fetch.Window, cut bool, err error) {
	if w.To, err = parseTime(flagTo, c.String(flagTo), zone, now); err != nil {
		return w, false, err
	}
	if cut = w.To.After(now); cut {
		w.To = now
	}
	from := c.String(flagFrom)
	if !c.IsSet(flagFrom) {
		from = w.To.Add(-1).In(zone).AddDate(0, 0, -6).Format(time.DateOnly)
	}
	if w.From, err = parseTime(flagFrom, from, zone, now); err != nil {
		return w, cut, err
	}
	if w.From.IsZero() {
		w.From = w.From.Add(1) // the zero time stands for none, and this was given
	}
	switch {
	case w.From.After(now):
		return w, cut, usagef("--%s %s lies in the future; a report is of what passes have done", flagFrom, w.From.In(zone).Format(time.RFC3339))
	case w.Empty():
		return w, cut, usagef("--%s %s does not lie before --%s %s", flagFrom, w.From.In(zone).Format(time.RFC3339), flagTo, w.To.In(zone).Format(time.RFC3339))
	}
	return w, cut, nil
}

// writeHistory writes the files of --report, each whole or not at all, for their owner's eyes alone.
func writeHistory(c *cli.Context, history report.History) error {
	for _, path := range c.StringSlice(flagReport) {
		render, err := report.HistoryRendererFor(path)
		if err != nil {
			return err
		}
		if err := writeReport(path, func(w io.Writer) error { return render(w, history) }); err != nil {
			return err
		}
	}
	return nil
}
