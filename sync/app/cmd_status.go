package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

func statusCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name:   "status",
		Usage:  "show the checkpoint, the counts by disposition, what waits, and what needs a hand",
		Flags:  []cli.Flag{noPagerFlag()},
		Action: reading(l, showStatus),
	})
}

const (
	listed     = 20   // conversations in doubt that status names
	latestRuns = 50   // passes whose refusals it names
	recentRuns = 1500 // passes that it looks at: those of a day, if there is one a minute
	retried    = 1000 // of those that wait for a retry, it asks so many when they were first tried
)

// showStatus shows where things stand; while a pass holds the ledger, how far that is. It calls no service.
func showStatus(s *session) (err error) {
	ledger, err := s.tenant.Open(bolt.Options{ReadOnly: true})
	if errors.Is(err, store.ErrLocked) {
		return statusOfRunning(s, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	settings := s.tenant.Config.Sync
	status := report.Status{
		Tenant: s.tenant.Name, Ledger: s.path(), Here: here(s.c), Asks: s.tenant.Remembers(),
		Witness: s.witness(), Place: pointPlace(s.c, ledger.Placement()),
		Killed: leftBehind(s.path()), Now: time.Now(),
		Settle: time.Duration(settings.Settle), Overlap: time.Duration(settings.Overlap),
		MaxAge: time.Duration(settings.MaxAge), MaxErrorRate: settings.MaxErrorRate,
	}
	err = readStatus(ledger, &status)
	status.Backups = backupsOf(s, status.ID, status.Now)
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	if err = errors.Join(err, ledger.Close()); err != nil {
		return err
	}
	return show(s, status, report.StatusJSON, report.StatusDoc)
}

// backupsOf is what there is of backups of a ledger, by its id.
func backupsOf(s *session, id string, now time.Time) report.Backups {
	list, err := s.tenant.ListBackups(id, now)
	return report.Backups{
		Dir: s.tenant.Config.Ledger.BackupDir, Newest: bolt.Newest(list, now), Count: len(list), Failed: err,
		Without: s.tenant.Demo != nil,
	}
}

// readStatus completes the status with what the ledger tells.
func readStatus(ledger *bolt.Ledger, status *report.Status) (err error) {
	if status.Info, err = ledger.Info(); err != nil {
		return err
	}
	doubtful, err := ledger.Waiting(listed, store.InDoubt)
	if err != nil {
		return err
	}
	open, err := ledger.OpenIntents()
	if err != nil {
		return err
	}
	status.InDoubt = append(open, doubtful...)
	waiting, err := ledger.Waiting(1, store.Scheduled, store.Retry)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		status.NextDue = waiting[0].Due
	}
	runs, err := ledger.Runs(recentRuns)
	if err != nil {
		return fmt.Errorf("read the last pass: %w", err)
	}
	status.Recent = report.NewRecent(withKilled(status.Killed, runs), status.Now)
	if len(runs) > 0 {
		status.Last, status.Ending = &runs[0], exitAdvice(runs[0].Exit)
	}
	if status.FirstTried, err = firstTried(ledger); err != nil {
		return err
	}
	backfills, err := ledger.Backfills()
	if err != nil {
		return fmt.Errorf("read the back-fills: %w", err)
	}
	status.Backfills = slices.DeleteFunc(
		backfills, func(b store.Backfill) bool { return !b.Finished.IsZero() })
	status.Refused, err = openRefusals(ledger, runs[:min(len(runs), latestRuns)])
	return err
}

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

const (
	// A report this old is no longer believed: the process hangs, or is gone.
	heartbeatStale = time.Minute
	// One this old of a process that is no longer there is not either.
	heartbeatGone = 3 * tenant.HeartbeatEvery
)

// statusOfRunning shows how far the holder of the ledger says it is, or why that cannot be known.
func statusOfRunning(s *session, locked error) error {
	holder, err := bolt.ReadHolder(s.path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w. It has not said who it is: try again, and if that stays so, look for what "+
			"has the file open", locked)
	case err != nil:
		return fmt.Errorf("%w. How far it is cannot be read: %w", locked, err)
	}
	now := time.Now()
	if why := silent(holder, now); why != "" {
		return fmt.Errorf("%w. %s", locked, why)
	}
	running := report.Running{Holder: holder, Tenant: s.tenant.Name, Ledger: s.path(), Now: now}
	return show(s, running, report.RunningJSON, report.RunningDoc)
}

// silent says why a holder's report is not to be believed any more; empty when it is.
func silent(h store.Holder, now time.Time) string {
	age := now.Sub(h.At)
	host, err := os.Hostname()
	switch {
	case err == nil && host == h.Host && age > heartbeatGone && !alive(h.PID):
		return "That process is gone, and another one that has not said who it is holds the file: try " +
			"again, and if that stays so, look for what has the file open"
	case age > heartbeatStale || age < -heartbeatStale:
		return fmt.Sprintf("Its last report is of %s, and it should make one every %s: see whether it "+
			"hangs. If so, stop it: nothing is lost, and the next pass goes on", h.At.Format(time.RFC3339),
			tenant.HeartbeatEvery)
	}
	return ""
}

// leftBehind is who had the ledger last, when that process was killed: one that ends takes its word away
// before it gives up the lock. It is asked while the lock is held, so that it is nobody's who is at work.
// Nil: nobody was.
func leftBehind(path string) *store.Holder {
	holder, err := bolt.ReadHolder(path)
	// There is none, or it tells nothing.
	if err != nil {
		return nil
	}
	return &holder
}

// withKilled adds a pass that was killed, and that no process has entered into the ledger since.
func withKilled(holder *store.Holder, runs []store.Run) []store.Run {
	if holder == nil {
		return runs
	}
	killed := holder.Killed()
	entered := func(run store.Run) bool { return run.Pass == killed.Pass }
	if killed == nil || slices.ContainsFunc(runs, entered) {
		return runs
	}
	return append([]store.Run{*killed}, runs...)
}
