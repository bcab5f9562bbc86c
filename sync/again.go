package sync

import (
	"context"

	"acsync/store"
	"acsync/sync/decide"
)

// again reads conversations once more, just before they are sent, and decides them as they are now. It returns those
// that are still to be sent, and skips or puts off the others.
func (p *pass) again(ctx context.Context, f *windowCommit, cases []decide.Case) ([]decide.Case, error) {
	read, err := p.collector.Recheck(ctx, cases)
	if err != nil {
		return nil, err
	}
	for _, c := range read.Missing {
		c.Decision = decide.Decision{Skip: decide.Gone}
		f.skip(c)
	}
	for _, c := range read.Superseded {
		c.Decision = decide.Decision{Skip: decide.Reopened}
		f.skip(c)
	}
	for _, c := range read.Duplicates {
		p.tell(rowOf(c, waits(c.Own)))
	}
	var send []decide.Case
	for _, c := range read.Current {
		if c.Skip == decide.NotDone {
			c.Skip = decide.Reopened
		}
		send = append(send, f.dispatch(c)...)
	}
	for _, c := range read.Replacements {
		if p.inherits(c) {
			send = append(send, f.dispatch(c)...)
		}
	}
	return send, nil
}

// dispatch tells what becomes of a case that was read again, unless it is to be sent now.
func (f *windowCommit) dispatch(c decide.Case) []decide.Case {
	switch {
	case decide.Rank(c.Known.State) == decide.Rank(store.InDoubt): // under another key: that doubt comes first
		f.pass.tell(rowOf(c, waits(decide.Stronger(c.Own, c.Known))))
	case !c.Send():
		f.skip(c)
	case c.Early():
		f.postpone(c)
	default:
		return []decide.Case{c}
	}
	return nil
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
