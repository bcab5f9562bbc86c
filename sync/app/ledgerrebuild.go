package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/rebuild"
)

// ledgerRebuild marks as accepted what Agent Connect has. All that it needs is found out before it touches
// the ledger; the guard of one that was put back is given up last of all.
func ledgerRebuild(s *session) error {
	cfg := s.tenant.Config
	if !cfg.AgentConnect.APISecret.IsSet() {
		return usagef("a rebuild reads Agent Connect's data, which needs the API secret: set " +
			"agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET; nothing was changed")
	}
	o := rebuild.Options{Stamped: cfg.AgentConnect.Stamp, Missing: s.c.Bool(flagAcceptMissing)}
	zone, err := cfg.Location()
	if err == nil && s.c.IsSet(flagSince) {
		o.Since, err = parseTime(flagSince, s.c.String(flagSince), zone, s.clock())
	}
	if err == nil {
		err = cfg.Ready()
	}
	if err != nil {
		return err
	}
	clients, err := s.connect()
	if err != nil {
		return err
	}
	var done rebuild.Result
	opened := false
	err = withLedger(s, bolt.Options{AcceptFence: true}, func(ledger *bolt.Ledger) (err error) {
		opened = true
		done, err = rebuild.Run(s.c.Context, ledger, clients.AgentConnect, o)
		return err
	})
	switch {
	// It says what to do.
	case !opened || exitCode(err) == exit.Usage || errors.Is(err, store.ErrRolledBack):
		return err
	case err != nil && s.c.Context.Err() != nil:
		return fmt.Errorf("%w: the rebuild has not come to its end, and the ledger is refused until it has",
			context.Cause(s.c.Context))
	case err != nil:
		return fmt.Errorf("%w; %d conversations were marked, and the rebuild has not come to its end: run acsync "+
			"ledger rebuild again",
			err, done.Written)
	}
	return sayLedger(s, "rebuild", map[string]any{"written": done.Written, "since": done.Since},
		"marked %d conversations as accepted, received since %s", done.Written,
		done.Since.UTC().Format(time.RFC3339))
}
