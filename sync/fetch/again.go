package fetch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// Recheck reads and decides cases once more, and gives them as they are now: what is not to be decided again says
// so in Case.Reread. After them come the resolutions that took the place of those that are over.
func (c *Fetcher) Recheck(ctx context.Context, cases []decide.Case) ([]decide.Case, error) {
	ids := make([]string, len(cases))
	for i, each := range cases {
		ids[i] = each.Key.Conversation
	}
	slices.Sort(ids)
	rows, err := c.source.Conversations(ctx, slices.Compact(ids))
	if err != nil {
		return nil, fmt.Errorf("read %d conversations again before sending: %w", len(ids), err)
	}
	over, asked := c.compare(cases, rows)
	decided, err := c.Decide(ctx, c.Around(rows), asked)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(decided, func(a, b decide.Case) int { // replacements last: another may come to the same
		last := map[bool]int{true: 1}
		return last[a.Replacement] - last[b.Replacement]
	})
	return append(over, decided...), nil
}

// compare holds cases against the conversations as they are now: which are over, and which are to be decided, among
// them those that take the place of the ones that are over.
func (c *Fetcher) compare(cases []decide.Case, rows []kustomer.Conversation) (over, asked []decide.Case) {
	now := make(map[string]kustomer.Conversation, len(rows))
	for _, row := range rows {
		now[decide.KeyOf(row).Conversation] = row
	}
	end := func(c decide.Case, as decide.Reread) {
		c.Reread = as
		over = append(over, c)
	}
	claimed := map[string]bool{} // by conversation: it has one resolution now, however many keys wait for that
	for _, each := range cases {
		row, there := now[each.Key.Conversation]
		fresh := decide.Case{Key: each.Key, Candidate: decide.Candidate{Conversation: row}, Own: each.Own}
		fresh.Canonicalize(c.identity, each.Resolution())
		switch {
		case !there:
			end(each, decide.Missing)
		case each.Key.Recovery: // one for all resolutions to come
			asked = append(asked, fresh)
		case row.Status != "done" || row.LastDone == nil || c.outside(row):
			asked = append(asked, fresh)
		case !c.same(each, row):
			end(each, decide.Superseded)
		case claimed[each.Key.Conversation]:
			end(each, decide.Duplicate)
		default:
			claimed[each.Key.Conversation] = true
			asked = append(asked, fresh)
		}
	}
	for _, each := range over { // last: one that is itself among the cases comes for itself
		row := now[each.Key.Conversation]
		if each.Reread == decide.Superseded && !claimed[each.Key.Conversation] {
			claimed[each.Key.Conversation] = true
			asked = append(asked, decide.Case{Key: c.identity.Key(row), Candidate: decide.Candidate{Conversation: row}, Replacement: true})
		}
	}
	return over, asked
}

// same tells whether a case is still about the conversation as it is now. Where there is one survey a conversation, every
// resolution will do, but for a case that waits under the key of a certain one.
func (c *Fetcher) same(each decide.Case, row kustomer.Conversation) bool {
	return each.Key == c.identity.Key(row) || row.LastDone != nil && decide.SameResolution(each.Resolution(), row.LastDone.At)
}

// Around is the narrowest query that finds all the conversations, for the search that joins their customers.
func (c *Fetcher) Around(rows []kustomer.Conversation) kustomer.Query {
	times := c.resolutions(rows)
	if len(times) == 0 {
		return kustomer.Query{}
	}
	return kustomer.Query{
		From: slices.MinFunc(times, time.Time.Compare),
		To:   slices.MaxFunc(times, time.Time.Compare).Add(time.Millisecond),
	}
}

// DecideOne decides a conversation as a pass would: what waits of it in the ledger, else the conversation as it is now.
func (c *Fetcher) DecideOne(ctx context.Context, entries []store.Entry, rows []kustomer.Conversation) (decide.Case, error) {
	cases, err := c.Decide(ctx, kustomer.Query{}, c.pending(entries, rows))
	if err != nil {
		return decide.Case{}, err
	}
	return cases[0], nil
}

// Agent is the user with an id; nil when there is none.
func (c *Fetcher) Agent(ctx context.Context, id string) (*kustomer.User, error) {
	return c.agents.find(ctx, id)
}

// pending is the case that a pass would decide: what waits in the ledger, else the conversation as it is now.
func (c *Fetcher) pending(entries []store.Entry, rows []kustomer.Conversation) []decide.Case {
	var waiting []decide.Case
	for _, entry := range entries {
		if entry.State == store.Scheduled || entry.State == store.Retry {
			waiting = append(waiting, decide.Case{Key: entry.Key, Candidate: decide.Candidate{Known: entry.Record}, Own: entry.Record})
		}
	}
	slices.SortStableFunc(waiting, func(a, b decide.Case) int { return a.Own.Due.Compare(b.Own.Due) })
	if _, asked := c.compare(waiting, rows); len(asked) > 0 {
		return asked[:1]
	}
	return c.Candidates(rows)
}
