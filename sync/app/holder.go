package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

const (
	// A report this old is no longer believed: the process hangs, or is gone.
	heartbeatStale = time.Minute
	// One this old of a process that is no longer there is not either.
	heartbeatGone = 3 * tenant.HeartbeatEvery
)

// statusOfRunning shows how far the process is that holds the ledger, as it tells itself. When that cannot be
// known, the answer is the error of the opening, with what to do.
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
	if s.c.Bool(flagJSON) {
		return report.RunningJSON(s.stdout, running)
	}
	return s.terminal.answer(s.stdout, report.RunningDoc(running))
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
	if killed == nil ||
		slices.ContainsFunc(runs, func(run store.Run) bool { return run.Pass == killed.Pass }) {
		return runs
	}
	return append([]store.Run{*killed}, runs...)
}
