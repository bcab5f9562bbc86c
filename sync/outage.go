package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// summariesRead is how many past passes are looked at for one that was not killed.
const summariesRead = 50

// lastOutage is the outage that the last pass has left, nil for none. One that was killed has not told.
func lastOutage(ledger Ledger) (*store.Outage, error) {
	runs, err := ledger.Runs(summariesRead)
	if err != nil {
		return nil, fmt.Errorf("read the past passes: %w", err)
	}
	for _, run := range runs {
		if !run.Killed {
			return run.Outage, nil
		}
	}
	return nil, nil
}

// knock lets the pass begin with one request where the last one has found Agent Connect down, and send nothing
// at all while the pause lasts, or while its own data cannot be read.
func (p *pass) knock(now time.Time) {
	if p.outage == nil || p.engine.Options.DryRun {
		return
	}
	since := decide.Format(p.outage.Since)
	switch {
	case p.doubts.unanswered:
		p.deliverer.Stay(fmt.Sprintf("it is down since %s, and does not give its data either", since))
	case now.Before(p.outage.Next) && !p.engine.Options.Knock:
		p.deliverer.Stay(fmt.Sprintf("it is down since %s, and is tried again from %s on, or with --knock",
			since, decide.Format(p.outage.Next)))
	default:
		p.deliverer.Knock()
	}
}

// outageAfter is the outage that the pass leaves.
func (p *pass) outageAfter(now time.Time) *store.Outage {
	switch up, known := p.deliverer.Receiver(); {
	case !known:
		return p.outage
	case up:
		return nil
	}
	return p.outage.Again(now)
}
