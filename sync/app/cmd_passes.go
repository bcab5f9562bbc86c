package app

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/fetch"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

func passesCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "passes", Category: groupLook,
		Usage: "show what past passes did, day by day",
		UsageText: `acsync passes  # today and the six days before
acsync passes --from "30d ago" --report passes.html  # a month, as a page`,
		Description: `Reads the summaries that the ledger keeps of passes, and what one that was killed had
told. Each meeting of a pass with a conversation counts; acsync report counts
conversations and customers. A pass belongs to the time at which it began; without
--from and --to those of today and of the six days before.`,
		Flags: []cli.Flag{
			described(flagFrom, "six days before the last day",
				"passes that began at this `TIME` or later: 30d ago, a date, or a time"),
			preset(flagTo, "now", "passes that began before this `TIME`"),
			ifLockedFlag(),
			noPagerFlag(),
			reportFlag(),
		},
		Action: reading(l, showPasses),
	})
}

func showPasses(s *session) error {
	about := report.Past{
		Tenant: s.tenant.Name, Overlap: time.Duration(s.tenant.Config.Sync.Overlap),
		Ending: exitAdvice, Here: here(s.c), Asks: s.tenant.Remembers(), Zone: s.tenant.Config.Location(),
	}
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	files, err := reportFiles(s)
	if err != nil {
		return err
	}
	// Not the session's clock: passes are recorded by this machine's.
	if about.Window, about.Cut, err = pastWindow(s.c, s.times(s.tenant.Config, time.Now())); err != nil {
		return err
	}
	runs, err := pastRuns(s, lock)
	if err != nil {
		return err
	}
	history := report.NewHistory(runs, about)
	asText := func(h report.History) doc.Doc { return report.HistoryDoc(h, report.MostNamed) }
	return publish(s, files, history, report.HistoryRendererFor, report.HistoryJSON, asText)
}

// pastRuns are all passes that the ledger remembers, the newest first, and before them one whose summary it
// could not take.
func pastRuns(s *session, lock lockPolicy) (runs []store.Run, err error) {
	var ledger tenant.Ledger
	err = lock.open(s, func() (err error) {
		ledger, err = s.tenant.Open(tenant.Access{ReadOnly: true})
		return err
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	if runs, err = ledger.Runs(0); err != nil {
		return nil, fmt.Errorf("read the past passes: %w", err)
	}
	return withLeft(leftBehind(s.tenant), runs), nil
}

// pastWindow is the range of the flags, cut at the present; without --from its last day and the six before.
func pastWindow(c *cli.Context, t times) (w fetch.Window, cut bool, err error) {
	now, zone := t.now, t.zone
	if w.To, err = t.parse(flagTo, c.String(flagTo)); err != nil {
		return w, false, err
	}
	if cut = w.To.After(now); cut {
		w.To = now
	}
	from := c.String(flagFrom)
	if !c.IsSet(flagFrom) {
		from, t.unknown = w.To.Add(-1).In(zone).AddDate(0, 0, -6).Format(time.DateOnly), nil
	}
	if w.From, err = t.parse(flagFrom, from); err != nil {
		return w, cut, err
	}
	// The zero time stands for none, and this was given.
	if w.From.IsZero() {
		w.From = w.From.Add(1)
	}
	switch begin, end := w.From.In(zone).Format(time.RFC3339), w.To.In(zone).Format(time.RFC3339); {
	case w.From.After(now):
		return w, cut, usagef("--%s %s lies in the future, of which nothing can be told", flagFrom, begin)
	case w.Empty():
		return w, cut, usagef("--%s %s does not lie before --%s %s", flagFrom, begin, flagTo, end)
	}
	return w, cut, nil
}
