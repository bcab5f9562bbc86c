package app

import (
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/dryrun"
	"acsync/sync/tenant"
)

// beginning is where a dry run begins that has no ledger to tell it.
const beginning = 24 * time.Hour

// openLedger gives an engine its ledger: a dry run one to read alone, any other one with a heartbeat that
// tells others how far it is. The notice tells what was not as usual; empty for nothing.
func openLedger(s *session, engine *surveysync.Engine, clients *tenant.Clients, p lockPolicy) (
	notice string, closeLedger func() error, err error,
) {
	if engine.Options.DryRun {
		return openDry(s, engine, p)
	}
	err = p.open(s.c.Context, func() error {
		ledger, err := s.tenant.OpenLedger()
		if err == nil {
			heart := tenant.StartHeartbeat(ledger, engine.Options.Mode, clients.WaitingFor)
			engine.Ledger, engine.Observer, closeLedger = ledger, heart, heart.Before(ledger.Close)
		}
		return err
	})
	return "", closeLedger, err
}

// openDry gives a dry run its ledger. A ledger that was never made is done without, where a pass would
// refuse.
func openDry(s *session, engine *surveysync.Engine, p lockPolicy) (
	notice string, closeLedger func() error, err error,
) {
	var below dryrun.ReadLedger
	err = p.open(s.c.Context, func() (err error) {
		below, closeLedger, err = s.tenant.ReadLedger()
		return err
	})
	if errors.Is(err, store.ErrMissing) && !bolt.Abandoned(s.path()) {
		notice = "there is no ledger yet, and this dry run did without: it knows of nobody who was asked " +
			"before"
		start := engine.Options.Range.From
		if start.IsZero() {
			start = s.clock().Add(-beginning)
			notice += fmt.Sprintf(
				", and began %d hours ago; a real pass begins where acsync init --start says",
				beginning/time.Hour)
		}
		below, closeLedger, err = dryrun.None{Start: start}, func() error { return nil }, nil
	}
	engine.Ledger, engine.Observer = &dryrun.Ledger{ReadLedger: below}, observers{}
	return notice, closeLedger, err
}
