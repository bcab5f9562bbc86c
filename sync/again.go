package sync

import (
	"context"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// again reads conversations once more, just before they are sent, and decides them as they are now. It returns those
// that are still to be sent, and skips or puts off the others.
func (p *pass) again(ctx context.Context, f *windowCommit, cases []decide.Case) (send []decide.Case, err error) {
	read, err := p.collector.Recheck(ctx, cases)
	if err != nil {
		return nil, err
	}
	for _, c := range read {
		if c.Replacement && !p.inherits(c) {
			continue
		}
		action := decide.Triage(c, p.clock(), decide.FromLedger)
		if action.Verb == decide.Send {
			send = append(send, c)
		} else {
			f.settle(c, action)
		}
	}
	return send, nil
}

// clock is what this moment's triage goes by.
func (p *pass) clock() decide.Clock {
	return decide.Clock{Kustomer: p.collector.Started(), Own: time.Now()}
}

// inherits takes up a resolution that took the place of another, unless the ledger or this pass has come to it already: the
// window that holds it may have been read long ago, under the other identity, when it was not a survey of its own.
func (p *pass) inherits(c decide.Case) bool {
	_, seen := p.sightings.find(c.Key)
	if seen || p.taken[c.Key] || decide.EffectiveRank(c.Known) > decide.Rank(store.Skipped) {
		return false
	}
	p.sightings.add(sighting{key: c.Key, resolved: c.Resolution()})
	p.found(1)
	return true
}
