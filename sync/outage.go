package sync

import (
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// mostOnData is how much longer a pause lasts at most because Agent Connect's data cannot be read either:
// that may be by a fault of their own.
const mostOnData = time.Hour

// knock lets the pass begin with one request where the last one has found Agent Connect down, and send
// nothing at all while the pause lasts, which is longer while its own data cannot be read. The operator can
// end it.
func (p *pass) knock(now time.Time) {
	outage := p.before.Outage
	if outage == nil {
		return
	}
	since := decide.Format(outage.Since)
	if p.engine.Options.DryRun {
		p.tally.notice("Agent Connect is down since %s, as far as is known: a real pass begins with one request, "+
			"and sends the rest when that is answered", since)
		return
	}
	switch {
	case p.engine.Options.Knock:
		p.deliverer.Knock()
	case p.doubts.unanswered && now.Before(outage.Next.Add(mostOnData)):
		p.deliverer.Stay(fmt.Sprintf("it is down since %s, and does not give its data either, so that the "+
			"pause lasts until %s; --knock tries it at once", since,
			decide.Format(outage.Next.Add(mostOnData))))
	case now.Before(outage.Next):
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
