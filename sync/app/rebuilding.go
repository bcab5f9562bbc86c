package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/exit"
	"acsync/sync/rebuild"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// rebuilding fills a ledger with what Agent Connect has.
type rebuilding struct {
	*session
	opened  tenant.Access // what the ledger is opened with
	options rebuild.Options
	clients *tenant.Clients
	place   store.Placement // of the ledger, when it was filled
}

// newRebuilding finds out all that a rebuild needs, before anything is touched.
func newRebuilding(s *session) (*rebuilding, error) {
	cfg := s.tenant.Config
	if !cfg.AgentConnect.APISecret.IsSet() {
		return nil, usagef("%s reads Agent Connect's data, which needs the API secret: set "+
			"agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET; nothing was changed",
			commandName(s.c))
	}
	r := &rebuilding{session: s, opened: tenant.Access{AcceptRestored: true}, options: rebuild.Options{
		Stamped: cfg.AgentConnect.Stamp, Missing: s.c.Bool(flagAcceptMissing),
	}}
	var err error
	if s.c.IsSet(flagSince) {
		r.options.Since, err = s.times(cfg, s.clock()).since(flagSince, s.c.String(flagSince))
	}
	if err == nil {
		err = cfg.Ready()
	}
	if err == nil {
		r.clients, err = s.connect()
	}
	return r, err
}

// tryOut reads what Agent Connect has received just now, to learn whether its data can be read at all.
func (r *rebuilding) tryOut() error {
	for _, err := range r.clients.AgentConnect.Since(r.c.Context, time.Now()) {
		if err != nil {
			return fmt.Errorf("%w; nothing was written", err)
		}
		break
	}
	return nil
}

// again is the command that rebuilds as this one was to.
func (r *rebuilding) again() string {
	command := "acsync ledger rebuild"
	if !r.options.Since.IsZero() {
		command += " --" + flagSince + " " + r.options.Since.UTC().Format(time.RFC3339)
	}
	return command
}

func (r *rebuilding) run() (done rebuild.Result, err error) {
	opened := false
	err = withLedger(r.session, r.opened, func(ledger tenant.Ledger) (err error) {
		opened = true
		done, err = rebuild.Run(r.c.Context, ledger, r.clients.AgentConnect, r.options)
		r.place = ledger.Placement()
		return err
	})
	switch {
	// It says what to do.
	case err == nil, !opened, exitCode(err) == exit.Usage, errors.Is(err, store.ErrRolledBack):
		return done, err
	case r.c.Context.Err() != nil:
		err = fmt.Errorf("%w: the rebuild has not come to its end, and the ledger is refused until it has",
			context.Cause(r.c.Context))
	default:
		err = fmt.Errorf("%w; %s marked, and the rebuild has not come to its end", err,
			doc.Several(done.Written, "conversation was", "conversations were"))
	}
	return done, exit.Advise(err, "run "+r.again()+" again", topicRestore)
}
