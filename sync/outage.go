package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// knock lets the pass begin with one request where the last one has found Agent Connect down, and send
// nothing at all while the pause lasts, or while its own data cannot be read.
func (p *pass) knock(now time.Time) {
	outage := p.before.Outage
	if outage == nil || p.engine.Options.DryRun {
		return
	}
	since := decide.Format(outage.Since)
	switch {
	case p.doubts.unanswered:
		p.deliverer.Stay(fmt.Sprintf("it is down since %s, and does not give its data either", since))
	case now.Before(outage.Next) && !p.engine.Options.Knock:
		p.deliverer.Stay(fmt.Sprintf("it is down since %s, and the pause until it is tried again lasts; "+
			"--knock tries it at once", since))
	default:
		p.deliverer.Knock()
	}
}

// outageAfter is the outage that the pass leaves.
func (p *pass) outageAfter(now time.Time) *store.Outage {
	switch up, known := p.deliverer.Receiver(); {
	case !known:
		return p.before.Outage
	case up:
		return nil
	}
	return p.before.Outage.Again(now)
}
