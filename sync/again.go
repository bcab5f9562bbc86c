package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// reading is what came of reading cases once more.
type reading struct {
	fresh  []Case // decided as they are now
	gone   []Case // Kustomer no longer has them
	passed []Case // done again since, while there is one survey for each resolution: the one asked about is over
	heirs  []Case // the resolutions that took the place of those, decided
	twins  []Case // of two keys that wait for the same resolution the second: the other one goes first
}

// again reads conversations once more, just before they are sent, and decides them as they are now. It returns those
// that are still to be sent, and skips or puts off the others.
func (p *pass) again(ctx context.Context, f *folio, cases []Case) ([]Case, error) {
	read, err := p.collector.again(ctx, cases)
	if err != nil {
		return nil, err
	}
	for _, c := range read.gone {
		c.Decision = Decision{Skip: Gone}
		f.skip(c)
	}
	for _, c := range read.passed {
		c.Decision = Decision{Skip: Reopened}
		f.skip(c)
	}
	for _, c := range read.twins {
		p.tell(rowOf(c, waits(c.own)))
	}
	var send []Case
	for _, c := range read.fresh {
		if c.Skip == NotDone {
			c.Skip = Reopened
		}
		send = append(send, f.dispatch(c)...)
	}
	for _, c := range read.heirs {
		if p.inherits(c) {
			send = append(send, f.dispatch(c)...)
		}
	}
	return send, nil
}

// dispatch tells what becomes of a case that was read again, unless it is to be sent now.
func (f *folio) dispatch(c Case) []Case {
	switch {
	case weight(c.Known.State) == weight(store.InDoubt): // under another key: that doubt comes first
		f.pass.tell(rowOf(c, waits(stronger(c.own, c.Known))))
	case !c.Send():
		f.skip(c)
	case c.early():
		f.postpone(c)
	default:
		return []Case{c}
	}
	return nil
}

// inherits takes up a resolution that took the place of another, unless the ledger or this pass has come to it already: the
// window that holds it may have been read long ago, under the other identity, when it was not a survey of its own.
func (p *pass) inherits(c Case) bool {
	_, seen := p.sightings.find(c.Key)
	if seen || p.taken[c.Key] || standing(c.Known) > weight(store.Skipped) {
		return false
	}
	p.sightings.add(sighting{key: c.Key, resolved: c.resolution()})
	p.found(1)
	return true
}

// again reads and decides cases once more.
func (c *collector) again(ctx context.Context, cases []Case) (reading, error) {
	ids := make([]string, len(cases))
	for i, each := range cases {
		ids[i] = each.Key.Conversation
	}
	slices.Sort(ids)
	rows, err := c.source.Conversations(ctx, slices.Compact(ids))
	if err != nil {
		return reading{}, fmt.Errorf("read %d conversations again before sending: %w", len(ids), err)
	}
	read, asked := c.compare(cases, rows)
	decided, err := c.decide(ctx, c.around(rows), asked)
	if err != nil {
		return reading{}, err
	}
	for _, each := range decided {
		if each.heir {
			read.heirs = append(read.heirs, each)
		} else {
			read.fresh = append(read.fresh, each)
		}
	}
	return read, nil
}

// compare holds cases against the conversations as they are now: which are gone, which are over, and which are to be
// decided, among them those that take the place of the ones that are over.
func (c *collector) compare(cases []Case, rows []kustomer.Conversation) (read reading, asked []Case) {
	now := make(map[string]kustomer.Conversation, len(rows))
	for _, row := range rows {
		now[keyOf(row).Conversation] = row
	}
	claimed := map[string]bool{} // by conversation: it has one resolution now, however many keys wait for that
	for _, each := range cases {
		row, there := now[each.Key.Conversation]
		fresh := Case{Key: each.Key, Candidate: Candidate{Conversation: row}, own: each.own}
		fresh.spell(c.identity, each.resolution())
		switch {
		case !there:
			read.gone = append(read.gone, each)
		case each.Key.Recovery: // one for all resolutions to come
			asked = append(asked, fresh)
		case row.Status != "done" || row.LastDone == nil || c.outside(row):
			asked = append(asked, fresh)
		case !c.same(each, row):
			read.passed = append(read.passed, each)
		case claimed[each.Key.Conversation]:
			read.twins = append(read.twins, each)
		default:
			claimed[each.Key.Conversation] = true
			asked = append(asked, fresh)
		}
	}
	for _, each := range read.passed { // last: one that is itself among the cases comes for itself
		row := now[each.Key.Conversation]
		if !claimed[each.Key.Conversation] {
			claimed[each.Key.Conversation] = true
			asked = append(asked, Case{Key: c.identity.key(row), Candidate: Candidate{Conversation: row}, heir: true})
		}
	}
	return read, asked
}

// same tells whether a case is still about the conversation as it is now. Where there is one survey a conversation, every
// resolution will do, but for a case that waits under the key of a certain one.
func (c *collector) same(each Case, row kustomer.Conversation) bool {
	return each.Key == c.identity.key(row) || row.LastDone != nil && SameResolution(each.resolution(), row.LastDone.At)
}

// around is the narrowest query that finds all the conversations, for the search that joins their customers.
func (c *collector) around(rows []kustomer.Conversation) kustomer.Query {
	times := c.resolutions(rows)
	if len(times) == 0 {
		return kustomer.Query{}
	}
	return kustomer.Query{
		From: slices.MinFunc(times, time.Time.Compare),
		To:   slices.MaxFunc(times, time.Time.Compare).Add(time.Millisecond),
	}
}

// decideOne decides a conversation as a pass would: what waits of it in the ledger, else the conversation as it is now.
func (c *collector) decideOne(ctx context.Context, entries []store.Entry, rows []kustomer.Conversation) (Case, error) {
	cases, err := c.decide(ctx, kustomer.Query{}, c.pending(entries, rows))
	if err != nil {
		return Case{}, err
	}
	return cases[0], nil
}

// agent is the user with an id; nil when there is none.
func (c *collector) agent(ctx context.Context, id string) (*kustomer.User, error) {
	return c.agents.find(ctx, id)
}

// pending is the case that a pass would decide: what waits in the ledger, else the conversation as it is now.
func (c *collector) pending(entries []store.Entry, rows []kustomer.Conversation) []Case {
	var waiting []Case
	for _, entry := range entries {
		if entry.State == store.Scheduled || entry.State == store.Retry {
			waiting = append(waiting, Case{Key: entry.Key, Candidate: Candidate{Known: entry.Record}, own: entry.Record})
		}
	}
	slices.SortStableFunc(waiting, func(a, b Case) int { return a.own.Due.Compare(b.own.Due) })
	if _, asked := c.compare(waiting, rows); len(asked) > 0 {
		return asked[:1]
	}
	return c.cases(rows)
}
