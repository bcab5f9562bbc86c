package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

func statusCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "status", Category: groupLook,
		Usage: "show the checkpoint, what waits, and what needs a hand",
		UsageText: `acsync status  # is all well?
acsync status --check  # one line for Nagios, Icinga or Checkmk
acsync status --ack  # what was rejected up to now has been seen`,
		Flags: []cli.Flag{
			toggle(flagProbe, "print one line for a monitor, and exit 0, 1, 2 or 3: OK, WARNING, CRITICAL, "+
				"UNKNOWN"),
			toggle(flagAck, "note in the ledger that what was rejected up to now has been seen: it turns no "+
				"light any more"),
			ifLockedFlag(), noPagerFlag(),
		},
		Action: func(c *cli.Context) error {
			probe, ack := c.Bool(flagProbe), c.Bool(flagAck)
			switch {
			case probe && (ack || c.Bool(flagJSON)):
				return usagef("--%s prints its one line alone: leave out --%s and --%s", flagProbe, flagAck,
					flagJSON)
			case c.IsSet(flagIfLocked) && !ack:
				return usagef("--%s is for --%s: status itself waits for nobody", flagIfLocked, flagAck)
			case probe:
				return probed(l, reading(l, showStatus)(c))
			case ack:
				return in(l, acknowledge)(c)
			}
			return reading(l, showStatus)(c)
		},
	})
}

// probed is the answer of --check where there is no status. Passes do not work without a ledger, or with a
// damaged one; of anything else nobody knows.
func probed(l *commandLine, err error) error {
	if _, answered := errors.AsType[ended](err); err == nil || answered {
		return err
	}
	code := report.ProbeUnknown
	if kind := exitCode(err); kind == exit.LedgerMissing || kind == exit.LedgerDamaged {
		code = report.ProbeCritical
	}
	return answerProbe(l, report.NewProbe(code, err.Error()))
}

func answerProbe(l *commandLine, p report.Probe) error {
	if _, err := fmt.Fprintln(l.stdout, p.Line); err != nil {
		return err
	}
	return ended{exit.Code(p.Code), nil}
}

// acknowledge notes that what was rejected has been seen, and shows what is left.
func acknowledge(s *session) error {
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	var ledger tenant.Ledger
	err = lock.open(s, func() (err error) {
		ledger, err = s.tenant.OpenLedger()
		return err
	})
	if err != nil {
		return err
	}
	err = ledger.Commit(store.Batch{Acknowledged: time.Now().UTC()})
	if err = errors.Join(err, ledger.Close()); err != nil {
		return fmt.Errorf("note that the rejections have been seen: %w", err)
	}
	return showStatus(s)
}

// statusTries is how often status asks who holds the ledger, where nobody has said so yet.
const statusTries = 3

// showStatus shows where things stand: by the ledger, or while a pass holds that by what the pass tells.
// It calls no service.
func showStatus(s *session) error {
	status, whole, err := findStatus(s)
	switch {
	case err != nil:
		return err
	case whole && s.c.Bool(flagProbe):
		return answerProbe(s.commandLine, report.ProbeOf(status))
	case whole:
		return show(s, status, report.StatusJSON, report.StatusDoc)
	case s.c.Bool(flagProbe):
		return report.ErrNoSnapshot
	}
	return show(s, *status.Running, report.RunningJSON, report.RunningDoc)
}

// findStatus finds where things stand; not whole is what holds the ledger alone, because that has not told
// more.
func findStatus(s *session) (status report.Status, whole bool, err error) {
	for try := 1; ; try++ {
		ledger, err := s.tenant.Open(tenant.Access{ReadOnly: true})
		switch {
		case err == nil:
			status, err = statusOfLedger(s, ledger)
			return status, true, err
		case !errors.Is(err, store.ErrLocked):
			return status, false, err
		}
		holder, _, unread := s.tenant.Holder()
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
		Tenant: s.tenant.Name, Ledger: s.tenant.Where(), Here: hereOf(s), Asks: s.tenant.Remembers(),
		Witness: s.witness(), Now: time.Now(),
		Settle: time.Duration(settings.Settle), Overlap: time.Duration(settings.Overlap),
		MaxAge: time.Duration(settings.MaxAge), MaxErrorRate: settings.MaxErrorRate,
	}
	status.Waiting, _ = s.tenant.Waiters() // a file that tells nothing is as good as none
	return status
}

func statusOfLedger(s *session, ledger tenant.Ledger) (report.Status, error) {
	status := newStatus(s)
	err := readStatus(s, ledger, &status)
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	if err = errors.Join(err, ledger.Close()); err == nil {
		judge(s, &status)
	}
	return status, err
}

// readStatus reads what an open ledger tells, and who has it, or has left it behind.
func readStatus(s *session, ledger tenant.Ledger, status *report.Status) error {
	reader := &statusReader{ledger: ledger}
	holder, holds, err := s.tenant.Holder()
	switch {
	// There is none, or it tells nothing.
	case err != nil:
	// Of a ledger in a database: whatever is being sent is its own.
	case holds:
		reader.holds, status.At = true, status.Now
		status.Running = &report.Running{
			Holder: holder, Tenant: s.tenant.Name, Ledger: s.tenant.Where(), Now: status.Now, Waiting: status.Waiting,
		}
	default:
		status.Killed = &holder
	}
	return reader.read(status)
}

// judge completes a status that a ledger has told with what its lights go by besides.
func judge(s *session, status *report.Status) {
	status.Place = pointPlace(s, status.Place)
	status.Backups = backupsOf(s, status.ID, status.Now)
	if status.Last != nil {
		status.Ending = exitAdvice(status.Last.Exit)
	}
}

// backupsOf is what there is of backups of a ledger, by its id.
func backupsOf(s *session, id string, now time.Time) report.Backups {
	list, err := s.tenant.ListBackups(id, now)
	folder, disk := bolt.Near(s.path(), s.tenant.Config.Ledger.BackupDir)
	return report.Backups{
		InFolder: folder, SameDisk: disk,
		Dir: s.tenant.Config.Ledger.BackupDir, Newest: bolt.Newest(list, now), Count: len(list), Failed: err,
		Without: s.tenant.Demo != nil,
	}
}

const (
	// A report this old is no longer believed: the process hangs, or is gone.
	heartbeatStale = time.Minute
	// One this old of a process that is no longer there is not either.
	heartbeatGone = 3 * tenant.HeartbeatEvery
)

// statusOfHolder is what the holder of the ledger says, with how far it is, or why that cannot be known. It
// is not whole where that one has only said who it is.
func statusOfHolder(
	s *session, holder store.Holder, unread, locked error,
) (status report.Status, whole bool, err error) {
	switch {
	case errors.Is(unread, fs.ErrNotExist):
		return status, false, fmt.Errorf("%w. It has not said who it is: try again, and if that stays so, look for what "+
			"has the file open", locked)
	case unread != nil:
		return status, false, fmt.Errorf("%w. How far it is cannot be read: %w", locked, unread)
	}
	status = newStatus(s)
	if why := silent(holder, status.Now); why != "" {
		return status, false, fmt.Errorf("%w. %s", locked, why)
	}
	running := report.Running{
		Holder: holder, Tenant: s.tenant.Name, Ledger: s.tenant.Where(), Now: status.Now, Waiting: status.Waiting,
	}
	status.Running = &running
	err = report.ReadSnapshot(holder.Status, &status)
	switch {
	case errors.Is(err, report.ErrNoSnapshot):
		return status, false, nil
	case err != nil:
		return status, false, fmt.Errorf("%w. %w", locked, err)
	}
	// The progress is told more often.
	if holder.Checkpoint.After(status.Checkpoint) {
		status.Checkpoint = holder.Checkpoint
	}
	judge(s, &status)
	return status, true, nil
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

// leftBehind is who had the ledger last, when that process was killed or could not write its summary: any
// other takes its word away before it gives up the lock. It is asked while the lock is held, so that it is
// nobody's who is at work. Nil: nobody was.
func leftBehind(t *tenant.Tenant) *store.Holder {
	holder, holds, err := t.Holder()
	// There is none, or it tells nothing, or it is at work.
	if err != nil || holds {
		return nil
	}
	return &holder
}
