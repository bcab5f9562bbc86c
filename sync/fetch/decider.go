package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// decider joins conversations with what their decisions need, and decides.
type decider struct {
	Options
	directory *directory
	customers *customers
	clock     *serverClock
}

func (d *decider) candidates(rows []kustomer.Conversation) []decide.Case {
	cases := make([]decide.Case, len(rows))
	for i, row := range rows {
		cases[i] = decide.Case{Key: d.SurveyPer.Key(row), Candidate: decide.Candidate{Conversation: row}}
		// The ledger could not keep this time, so that no key is made of it.
		if d.clock.outside(row) {
			cases[i].Key = decide.KeyOf(row)
		}
	}
	return cases
}

// decide decides, the earliest resolution first. The query is the search that found the cases, if any.
func (d *decider) decide(
	ctx context.Context, query kustomer.Query, cases []decide.Case,
) ([]decide.Case, error) {
	if err := d.attachLedger(ctx, cases); err != nil {
		return nil, err
	}
	customers, err := d.joinCustomers(ctx, query, cases)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		if cases[i].Decision = d.Policy.Screen(cases[i].Candidate); !cases[i].Send() {
			continue
		}
		if cases[i].Tags, err = d.directory.tagNames(ctx, cases[i].Conversation.TagIDs); err != nil {
			return nil, err
		}
		id := cases[i].Conversation.CustomerID
		cases[i].Customer = customers[id]
		cases[i].Unread = cases[i].Unread || d.customers.faults.withheld(id)
		cases[i].Decision = d.Policy.Decide(cases[i].Candidate)
	}
	slices.SortFunc(cases, func(a, b decide.Case) int {
		return cmp.Or(
			a.Resolution().Compare(b.Resolution()), strings.Compare(a.Conversation.ID, b.Conversation.ID))
	})
	return cases, nil
}

func (d *decider) attachLedger(ctx context.Context, cases []decide.Case) error {
	known, err := d.lookup(cases)
	if err != nil {
		return err
	}
	allSurveys, recoveries := decide.GroupByConversation(known)
	for i := range cases {
		each := &cases[i]
		surveys, recovery := allSurveys[each.Key.Conversation], recoveries[each.Key.Conversation]
		first := decide.CanonicalTime(
			each.Resolution(), append(slices.Clip(surveys), store.Entry{Record: recovery})...)
		each.Canonicalize(d.SurveyPer, first)
		each.Own, each.Now = known[each.Key], d.clock.began
		agent := d.Policy.AgentID(each.Conversation)
		if !each.UnreadSince().IsZero() {
			d.directory.agents.faults.expect(agent)
			d.customers.faults.expect(each.Conversation.CustomerID)
		}
		each.Agent, err = d.directory.agents.find(ctx, agent)
		if each.Unread = errors.Is(err, errUnread); err != nil && !each.Unread {
			return err
		}
		each.Outside = each.Before || d.clock.outside(each.Conversation)
		if each.Known = each.Own; !each.Key.Recovery {
			each.Known = d.SurveyPer.Effective(each.Key, each.Claimed(), surveys)
		}
		if err := d.attachRecovery(ctx, each, decide.FirstRequest(surveys), recovery); err != nil {
			return err
		}
		if len(d.Policy.Rules) == 0 || !d.Policy.Screen(each.Candidate).Send() {
			continue
		}
		// Rules may look at tags, and decide by them that the customer need not be known.
		if each.Tags, err = d.directory.tagNames(ctx, each.Conversation.TagIDs); err != nil {
			return err
		}
	}
	return nil
}

// unknown are the cases of which the ledger says nothing. With recoveries it never says all of a conversation
// that was marked done again.
func (d *decider) unknown(cases []decide.Case) ([]decide.Case, error) {
	known, err := d.lookup(cases)
	if err != nil {
		return nil, err
	}
	surveys, _ := decide.GroupByConversation(known)
	return slices.DeleteFunc(cases, func(c decide.Case) bool {
		r := d.SurveyPer.Effective(c.Key, c.Claimed(), surveys[c.Key.Conversation])
		settled := r.State.Waiting() || r.Held() && d.Policy.Recovery == nil
		return r.State != store.Unknown && (settled || decide.SameResolution(r.Resolution, c.Claimed()))
	}), nil
}

func (d *decider) lookup(cases []decide.Case) (known map[store.Key]store.Record, err error) {
	known = map[store.Key]store.Record{}
	keys := make([]store.Key, len(cases))
	for i, each := range cases {
		keys[i] = each.Key
	}
	if d.Ledger != nil {
		if known, err = d.Ledger.Lookup(keys); err != nil {
			return nil, fmt.Errorf("look up a window in the ledger: %w", err)
		}
	}
	for _, each := range cases {
		// A dry run settles doubts without writing that down.
		if each.Own.State != store.Unknown {
			known[each.Key] = each.Own
		}
	}
	return known, nil
}

// attachRecovery gives a recovery its own key. One without a first request stays under the conversation's
// key, so that what is under way or was refused there is not asked again.
func (d *decider) attachRecovery(ctx context.Context, c *decide.Case, first, recovery store.Record) error {
	if d.Policy.Recovery == nil && !c.Key.Recovery {
		return nil
	}
	// The resolution that was asked about is not its own follow-up.
	asked := first.State == store.Accepted && !c.Resolution().Before(first.Resolution.Add(decide.SameWithin))
	switch {
	case c.Key.Recovery:
	// The first request is under way or waits: there is nothing to follow up yet.
	case decide.Rank(c.Known.State) == decide.Rank(store.InDoubt), c.Known.State.Waiting():
		return nil
	// The filters would stop it as already sent, which it is not as a recovery.
	case asked && c.Conversation.LastDone != nil:
	case !d.Policy.Screen(c.Candidate).Send():
		return nil
	}
	var err error
	if c.Tags, err = d.directory.tagNames(ctx, c.Conversation.TagIDs); err != nil {
		return err
	}
	c.FollowUp = d.Policy.FollowUp(c.Candidate, first, c.Key.Recovery)
	if f := c.FollowUp; asked && !c.Key.Recovery && (f.Applies || f.Trouble != nil) {
		c.Key.Recovery = true
		c.Own, c.Known = recovery, recovery
	}
	return nil
}

// joinCustomers fetches the customers that are needed. One that the search lacks was merged, perhaps: then
// the conversation, read again, names the other. One call reads many conversations but one customer, so that
// those come first.
func (d *decider) joinCustomers(
	ctx context.Context, query kustomer.Query, cases []decide.Case,
) (found, error) {
	wanted, customers := map[string]bool{}, found{}
	for _, each := range cases {
		if d.Policy.NeedsCustomer(each.Candidate) {
			wanted[each.Conversation.CustomerID] = true
		}
	}
	joined, err := d.customers.join(ctx, query, wanted, customers)
	if err == nil && !joined {
		err = d.customers.fetch(ctx, wanted, customers)
	}
	if err != nil {
		return nil, err
	}
	return customers, d.refetchOrphans(ctx, wanted, cases, customers)
}

// refetchOrphans reads conversations again whose customers were not found, and the customers that they have
// now. What was read again takes the place of what the search showed.
func (d *decider) refetchOrphans(
	ctx context.Context, wanted map[string]bool, cases []decide.Case, customers found,
) error {
	orphans := map[string][]int{}
	for i, each := range cases {
		id := each.Conversation.CustomerID
		if wanted[id] && customers[id] == nil && !d.customers.faults.withheld(id) {
			orphans[each.Key.Conversation] = append(orphans[each.Key.Conversation], i)
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	rows, err := d.Source.Conversations(ctx, slices.Sorted(maps.Keys(orphans)))
	unread, err := unreadOf(err)
	if err != nil {
		return fmt.Errorf("read conversations (%d) again whose customers are gone: %w", len(orphans), err)
	}
	for _, id := range unread {
		for _, i := range orphans[id] {
			cases[i].Unread = true
		}
	}
	missing := map[string]bool{}
	for _, row := range rows {
		for _, i := range orphans[decide.KeyOf(row).Conversation] {
			c, first := &cases[i], cases[i].Claimed()
			if c.Key.Recovery || stillAbout(d.SurveyPer, *c, row) {
				c.Conversation, c.Outside = row, d.clock.outside(row)
				c.Canonicalize(d.SurveyPer, first)
			} else {
				// Marked done once more: that is another resolution, which has its own window.
				c.Conversation.CustomerID = row.CustomerID
			}
			if row.CustomerID != "" {
				missing[row.CustomerID] = true
			}
		}
	}
	return d.customers.fetch(ctx, missing, customers)
}
