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
	"acsync/sync/report"
)

const (
	pulseStale = time.Minute    // a report this old is no longer believed: the process hangs, or is gone
	pulseGone  = 3 * pulseEvery // one this old of a process that is no longer there is not either
)

// statusOfRunning shows how far the process is that holds the ledger, as it tells itself. When that cannot be known, the
// answer is the error of the opening, with what to do.
func (s *shell) statusOfRunning(c *cli.Context, t terminal, of *tenant, locked error) error {
	holder, err := bolt.ReadHolder(of.config.Ledger.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w. It has not said who it is: try again, and if that stays so, look for what has the file open", locked)
	case err != nil:
		return fmt.Errorf("%w. How far it is cannot be read: %w", locked, err)
	}
	now := time.Now()
	if why := silent(holder, now); why != "" {
		return fmt.Errorf("%w. %s", locked, why)
	}
	running := report.Running{Holder: holder, Tenant: of.name, Ledger: of.config.Ledger.Path, Now: now}
	if c.Bool(flagJSON) {
		return report.RunningJSON(s.stdout, running)
	}
	return t.answer(report.RunningDoc(running))
}

// silent says why a holder's report is not to be believed any more; empty when it is.
func silent(h store.Holder, now time.Time) string {
	age := now.Sub(h.At)
	host, err := os.Hostname()
	switch {
	case err == nil && host == h.Host && age > pulseGone && !alive(h.PID):
		return "That process is gone, and another one that has not said who it is holds the file: try again, and if that stays so, " +
			"look for what has the file open"
	case age > pulseStale || age < -pulseStale:
		return fmt.Sprintf("Its last report is of %s, and it should make one every %s: see whether it hangs. If so, stop it: nothing is "+
			"lost, and the next pass goes on", h.At.Format(time.RFC3339), pulseEvery)
	}
	return ""
}
