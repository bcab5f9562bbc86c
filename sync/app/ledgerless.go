package app

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/dryrun"
	"acsync/sync/fetch"
)

// beginning is where a dry run begins that has no ledger to tell it.
const beginning = 24 * time.Hour

// remember opens the ledger for an engine: for a dry run to read alone, otherwise with a pulse that tells others how far it is. The notices tell of what was not as usual.
func (s *shell) remember(c *cli.Context, t *tenant, engine *surveysync.Engine, clients *clients, o overlap) (notices []string, closeLedger func() error, err error) {
	if !engine.Options.DryRun {
		err = o.open(c.Context, func() error {
			ledger, err := t.ledger()
			if err == nil {
				pulse := startPulse(ledger, engine.Options.Mode, clients.waitingFor)
				engine.Ledger, engine.Observer, closeLedger = ledger, pulse, pulse.before(ledger.Close)
			}
			return err
		})
		return nil, closeLedger, err
	}
	var below dryrun.ReadLedger
	err = o.open(c.Context, func() (err error) {
		below, closeLedger, err = t.readLedger()
		return err
	})
	if errors.Is(err, store.ErrMissing) && !bolt.Abandoned(t.config.Ledger.Path) {
		none, notice := s.ledgerless(engine.Options.Range)
		below, closeLedger, err = none, func() error { return nil }, nil
		notices = append(notices, notice)
	}
	engine.Ledger, engine.Observer = &dryrun.Ledger{Below: below}, observers{}
	return notices, closeLedger, err
}

// ledgerless stands in for a ledger that was never made. A pass would refuse to go without one.
func (s *shell) ledgerless(asked fetch.Window) (dryrun.None, string) {
	const notYet = "there is no ledger yet, and this dry run did without: it knows of nobody who was asked before"
	if !asked.From.IsZero() {
		return dryrun.None{Start: asked.From}, notYet
	}
	start := s.clock().Add(-beginning)
	return dryrun.None{Start: start}, fmt.Sprintf("%s, and began %d hours ago; a real pass begins where acsync init --start says", notYet, beginning/time.Hour)
}
