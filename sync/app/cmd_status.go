package app

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/report"
)

func statusCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name:   "status",
		Usage:  "show the checkpoint, the counts by disposition, what waits, and what needs a hand",
		Flags:  []cli.Flag{noPagerFlag()},
		Action: in(l, showStatus),
	})
}

const (
	listed     = 20   // conversations in doubt that status names
	latestRuns = 50   // passes whose refusals it names
	recentRuns = 1500 // passes that it looks at: those of a day, if there is one a minute
	retried    = 1000 // of those that wait for a retry, it asks so many when they were first tried
)

// showStatus reads the ledger and shows where things stand; while a pass holds it, how far that is. It calls
// neither service.
func showStatus(s *session) (err error) {
	ledger, err := s.openPast()
	if errors.Is(err, store.ErrLocked) {
		return statusOfRunning(s, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	status, err := readStatus(ledger, leftBehind(s.path()))
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	if err = errors.Join(err, ledger.Close()); err != nil {
		return err
	}
	settings := s.tenant.Config.Sync
	status.Tenant, status.Ledger, status.Asks, status.Witness = s.tenant.Name, s.path(), s.tenant.Remembers(),
		s.witness()
	status.Settle, status.Overlap = time.Duration(settings.Settle), time.Duration(settings.Overlap)
	status.MaxAge, status.MaxErrorRate = time.Duration(settings.MaxAge), settings.MaxErrorRate
	status.Here = here(s.c)
	if s.c.Bool(flagJSON) {
		return report.StatusJSON(s.stdout, status)
	}
	return s.terminal.answer(s.stdout, report.StatusDoc(status))
}

// readStatus asks the ledger, and what a process left that was killed since; nil for none.
func readStatus(ledger *bolt.Ledger, killed *store.Holder) (report.Status, error) {
	info, err := ledger.Info()
	if err != nil {
		return report.Status{}, err
	}
	doubtful, err := ledger.Waiting(listed, store.InDoubt)
	if err != nil {
		return report.Status{}, err
	}
	open, err := ledger.OpenIntents()
	if err != nil {
		return report.Status{}, err
	}
	waiting, err := ledger.Waiting(1, store.Scheduled, store.Retry)
	if err != nil {
		return report.Status{}, err
	}
	runs, err := ledger.Runs(recentRuns)
	if err != nil {
		return report.Status{}, fmt.Errorf("read the last pass: %w", err)
	}
	status := report.Status{Info: info, InDoubt: append(open, doubtful...), Killed: killed, Now: time.Now()}
	status.Recent = report.NewRecent(withKilled(killed, runs), status.Now)
	if len(waiting) > 0 {
		status.NextDue = waiting[0].Due
	}
	if len(runs) > 0 {
		status.Last, status.Ending = &runs[0], exitAdvice(runs[0].Exit)
	}
	if status.FirstTried, err = firstTried(ledger); err != nil {
		return report.Status{}, err
	}
	backfills, err := ledger.Backfills()
	if err != nil {
		return report.Status{}, fmt.Errorf("read the back-fills: %w", err)
	}
	status.Backfills = slices.DeleteFunc(
		backfills, func(b store.Backfill) bool { return !b.Finished.IsZero() })
	status.Refused, err = openRefusals(ledger, runs[:min(len(runs), latestRuns)])
	return status, err
}

// firstTried is the earliest first try of what is to be retried; zero for none.
func firstTried(ledger *bolt.Ledger) (first time.Time, err error) {
	entries, err := ledger.Waiting(retried, store.Retry)
	if err != nil {
		return first, fmt.Errorf("read what is to be retried: %w", err)
	}
	for _, e := range entries {
		if !e.First.IsZero() && (first.IsZero() || e.First.Before(first)) {
			first = e.First
		}
	}
	return first, nil
}

// openRefusals are the refusals of the latest passes that still stand, each once, the latest first: what an
// expression failed on may have been asked about since.
func openRefusals(ledger *bolt.Ledger, runs []store.Run) ([]store.Refusal, error) {
	var kept []store.Refusal
	seen := map[store.Key]bool{}
	for _, run := range runs {
		// A pass notes them as they come.
		for _, refusal := range slices.Backward(run.Refusals) {
			key := store.Key{Conversation: refusal.Conversation, Recovery: refusal.Kind != ""}
			if seen[key] {
				continue
			}
			seen[key] = true
			known, err := ledger.Lookup([]store.Key{key})
			if err != nil {
				return nil, fmt.Errorf("look up what was rejected: %w", err)
			}
			for k, record := range known {
				if k.Recovery == key.Recovery && record.State == store.Rejected {
					kept = append(kept, refusal)
					break
				}
			}
		}
	}
	return kept, nil
}
