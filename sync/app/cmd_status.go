package app

import (
	"encoding/json"
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

// statusTries is how often status asks who holds the ledger, where nobody has said so yet.
const statusTries = 3

// showStatus shows where things stand: by the ledger, or while a pass holds that by what the pass tells. It calls
// no service.
func showStatus(s *session) error {
	for try := 1; ; try++ {
		ledger, err := s.tenant.Open(bolt.Options{ReadOnly: true})
		switch {
		case err == nil:
			return statusOfLedger(s, ledger)
		case !errors.Is(err, store.ErrLocked):
			return err
		}
		holder, unread := bolt.ReadHolder(s.path())
		// It was let go a moment ago, or is being opened.
		if errors.Is(unread, fs.ErrNotExist) && try < statusTries {
			continue
		}
		return statusOfHolder(s, holder, unread, err)
	}
}

// newStatus is a status without what a ledger tells.
func newStatus(s *session) report.Status {
	settings := s.tenant.Config.Sync
	status := report.Status{
		Tenant: s.tenant.Name, Ledger: s.path(), Here: here(s.c), Asks: s.tenant.Remembers(),
		Witness: s.witness(), Now: time.Now(),
		Settle: time.Duration(settings.Settle), Overlap: time.Duration(settings.Overlap),
		MaxAge: time.Duration(settings.MaxAge), MaxErrorRate: settings.MaxErrorRate,
	}
	if waiter, err := bolt.ReadWaiter(s.path()); err == nil {
		status.Waiting = &waiter
	}
	return status
}

func statusOfLedger(s *session, ledger *bolt.Ledger) (err error) {
	defer func() { err = errors.Join(err, ledger.Close()) }()
	status := newStatus(s)
	status.Killed = leftBehind(s.path())
	err = (&statusReader{ledger: ledger}).read(&status)
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	if err = errors.Join(err, ledger.Close()); err != nil {
		return err
	}
	return showOne(s, status)
}

func showOne(s *session, status report.Status) error {
	status.Place = pointPlace(s.c, status.Place)
	status.Backups = backupsOf(s, status.ID, status.Now)
	if status.Last != nil {
		status.Ending = exitAdvice(status.Last.Exit)
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

// statusReader reads what status shows of an open ledger: for status, or for whoever holds it and tells others.
type statusReader struct {
	ledger  *bolt.Ledger
	holds   bool   // this process has it open for writing: what is under way is its own
	intents uint64 // given before it was opened; what was begun later is under way
	runs    []store.Run
}

// newStatusReader is that of a process that holds the ledger.
func newStatusReader(ledger *bolt.Ledger) *statusReader {
	r := &statusReader{ledger: ledger, holds: true}
	// A ledger that cannot tell is for the command to report.
	if info, err := ledger.Info(); err == nil {
		r.intents = info.Intents
	}
	return r
}

// snapshot is what other processes are told; nil where the ledger cannot be read. The summaries of past passes are
// read once: until this process has closed the ledger none comes to them but its own.
func (r *statusReader) snapshot(underWay store.Run) json.RawMessage {
	status := report.Status{Now: time.Now()}
	if err := r.read(&status, underWay); err != nil {
		return nil
	}
	return report.Snapshot(status)
}

// read completes the status with what the ledger tells. A pass under way counts with those that are over, but is
// not the last one.
func (r *statusReader) read(status *report.Status, underWay ...store.Run) (err error) {
	ledger := r.ledger
	if status.Info, err = ledger.Info(); err != nil {
		return err
	}
	status.Place = ledger.Placement()
	doubtful, err := ledger.Waiting(listed, store.InDoubt)
	if err != nil {
		return err
	}
	open, err := ledger.OpenIntents()
	if err != nil {
		return err
	}
	if r.holds {
		left := slices.DeleteFunc(open, func(e store.Entry) bool { return e.Intent > r.intents })
		status.InFlight, open = len(open)-len(left), left
	}
	status.InDoubt = append(open, doubtful...)
	waiting, err := ledger.Waiting(1, store.Scheduled, store.Retry)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		status.NextDue = waiting[0].Due
	}
	if r.runs == nil {
		if r.runs, err = ledger.Runs(recentRuns); err != nil {
			return fmt.Errorf("read the last pass: %w", err)
		}
		// They are kept for as long as a pass lasts.
		for i := latestRuns; i < len(r.runs); i++ {
			r.runs[i].Refusals = nil
		}
	}
	runs := r.runs
	if len(runs) > 0 {
		status.Last = &runs[0]
	}
	for _, run := range underWay {
		if run.Pass != "" {
			run.Ended = status.Now
			runs = append([]store.Run{run}, runs...)
		}
	}
	status.Recent = report.NewRecent(withKilled(status.Killed, runs), status.Now)
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

// statusOfHolder shows what the holder of the ledger says, with how far it is, or why that cannot be known.
func statusOfHolder(s *session, holder store.Holder, unread, locked error) error {
	switch {
	case errors.Is(unread, fs.ErrNotExist):
		return fmt.Errorf("%w. It has not said who it is: try again, and if that stays so, look for what "+
			"has the file open", locked)
	case unread != nil:
		return fmt.Errorf("%w. How far it is cannot be read: %w", locked, unread)
	}
	status := newStatus(s)
	if why := silent(holder, status.Now); why != "" {
		return fmt.Errorf("%w. %s", locked, why)
	}
	running := report.Running{Holder: holder, Tenant: s.tenant.Name, Ledger: s.path(), Now: status.Now}
	status.Running = &running
	err := report.ReadSnapshot(holder.Status, &status)
	switch {
	case errors.Is(err, report.ErrNoSnapshot):
		return show(s, running, report.RunningJSON, report.RunningDoc)
	case err != nil:
		return fmt.Errorf("%w. %w", locked, err)
	}
	// The progress is told more often.
	if holder.Checkpoint.After(status.Checkpoint) {
		status.Checkpoint = holder.Checkpoint
	}
	return showOne(s, status)
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
	if killed == nil {
		return runs
	}
	// What it had said before it let go of the ledger is out of date.
	runs = slices.DeleteFunc(
		slices.Clone(runs), func(run store.Run) bool { return run.Pass == killed.Pass && run.LetGo })
	if slices.ContainsFunc(runs, func(run store.Run) bool { return run.Pass == killed.Pass }) {
		return runs
	}
	return append([]store.Run{*killed}, runs...)
}
