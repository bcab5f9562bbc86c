package fetch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// Source is where the conversations are: Kustomer.
type Source interface {
	// ServerTime proves the key and tells Kustomer's clock.
	ServerTime(ctx context.Context) (time.Time, error)
	// SearchConversations finds the done conversations of a window.
	SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error)
	// SearchCustomers finds the customers of those conversations.
	SearchCustomers(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error)
	// Conversations reads conversations by id; those that do not exist are left out of the answer.
	Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error)
	// Customer answers kustomer.ErrNotFound for one that does not exist.
	Customer(ctx context.Context, id string) (kustomer.Customer, error)
}

// Lookup is what a pass asks of the ledger before it decides.
type Lookup interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}

// noMemory remembers nothing: for a collector that decides without a ledger.
type noMemory struct{}

// Lookup finds nothing.
func (noMemory) Lookup([]store.Key) (map[store.Key]store.Record, error) {
	return map[store.Key]store.Record{}, nil
}

// Fetcher turns windows and ids into decided cases.
type Fetcher struct {
	source    Source
	memory    Lookup
	agents    *cache[kustomer.User]
	tags      *cache[kustomer.Tag]
	customers *customers
	policy    decide.Policy
	identity  decide.SurveyPer
	limits    PageLimits
	Now       time.Time // Kustomer's clock
	asked     time.Time // when it was asked for, by this machine's
	from      time.Time // where the pass begins: what was marked done before is not its business
	unseen    func(int) // hears of rows that the search counts and does not return
}

// Options are what conversations are read and decided with.
type Options struct {
	Source    Source
	Directory Directory
	Memory    Lookup // nil: nothing is remembered
	Policy    decide.Policy
	SurveyPer store.Identity // empty: the conversation
	Notice    func(format string, args ...any)
	Unseen    func(int) // hears of conversations that Kustomer counts and does not show

	Limits PageLimits // of a search; zero: Kustomer's
}

func New(o Options) *Fetcher {
	c := &Fetcher{
		source: o.Source, memory: o.Memory, policy: o.Policy, identity: decide.SurveyPer(decide.SurveyPerOr(o.SurveyPer)),
		limits: cmp.Or(o.Limits, KustomerLimits), unseen: o.Unseen,
		agents: agentCache(o.Directory, o.Notice), tags: tagCache(o.Directory, o.Notice),
		customers: &customers{source: o.Source, notice: o.Notice},
	}
	if c.memory == nil {
		c.memory = noMemory{}
	}
	return c
}

// Begin takes in Kustomer's clock, which was just asked.
func (c *Fetcher) Begin(now time.Time) { c.Now, c.asked = now, time.Now() }

// Started is Kustomer's clock when the pass began.
func (c *Fetcher) Started() time.Time { return c.Now }

// StartAt says where the pass begins: what was marked done before is not its business.
func (c *Fetcher) StartAt(from time.Time) { c.from = from }

// RequireProfiles lets no agent be asked about who has no active profile.
func (c *Fetcher) RequireProfiles(profiles *decide.Profiles) { c.policy.Profiles = profiles }

// Candidates are conversations, each under the key that is its own.
func (c *Fetcher) Candidates(rows []kustomer.Conversation) []decide.Case {
	cases := make([]decide.Case, len(rows))
	for i, row := range rows {
		cases[i] = decide.Case{Key: c.identity.Key(row), Candidate: decide.Candidate{Conversation: row}}
		if c.outside(row) {
			cases[i].Key = decide.KeyOf(row)
		}
	}
	return cases
}

// Decide joins conversations with what their decisions need, and decides, earliest resolution first.
func (c *Fetcher) Decide(ctx context.Context, query kustomer.Query, cases []decide.Case) ([]decide.Case, error) {
	if err := c.attachLedger(ctx, cases); err != nil {
		return nil, err
	}
	customers, err := c.joinCustomers(ctx, query, cases)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		if cases[i].Decision = c.policy.Screen(cases[i].Candidate, nil); !cases[i].Send() {
			continue
		}
		if cases[i].Tags, err = tagNames(ctx, c.tags, cases[i].Conversation.TagIDs); err != nil {
			return nil, err
		}
		cases[i].Customer = customers[cases[i].Conversation.CustomerID]
		cases[i].Decision = c.policy.Decide(cases[i].Candidate)
	}
	slices.SortFunc(cases, func(a, b decide.Case) int {
		if order := a.Resolution().Compare(b.Resolution()); order != 0 {
			return order
		}
		return strings.Compare(a.Conversation.ID, b.Conversation.ID)
	})
	return cases, nil
}

// joinCustomers fetches the customers of those cases that need one. What the joined search does not return is missing, or
// was merged into another customer: then the conversation, read again, names that one. One call reads many conversations,
// but only one customer, so that after a joined search the conversations come first.
func (c *Fetcher) joinCustomers(ctx context.Context, query kustomer.Query, cases []decide.Case) (found, error) {
	wanted, customers := map[string]bool{}, found{}
	for _, each := range cases {
		if c.policy.NeedsCustomer(each.Candidate) {
			wanted[each.Conversation.CustomerID] = true
		}
	}
	joined, err := c.customers.join(ctx, query, wanted, customers)
	if err != nil {
		return nil, err
	}
	if !joined {
		if err := c.customers.fetch(ctx, wanted, customers); err != nil {
			return nil, err
		}
	}
	return customers, c.refetchOrphans(ctx, wanted, cases, customers)
}

// refetchOrphans reads conversations again whose customers were not found, and fetches the customers that they have now. What was
// read again is newer than what the search showed, and takes its place.
func (c *Fetcher) refetchOrphans(ctx context.Context, wanted map[string]bool, cases []decide.Case, customers found) error {
	orphans := map[string][]int{}
	for i, each := range cases {
		if id := each.Conversation.CustomerID; wanted[id] && customers[id] == nil {
			orphans[each.Key.Conversation] = append(orphans[each.Key.Conversation], i)
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	rows, err := c.source.Conversations(ctx, slices.Collect(maps.Keys(orphans)))
	if err != nil {
		return fmt.Errorf("read %d conversations again whose customers are gone: %w", len(orphans), err)
	}
	missing := map[string]bool{}
	for _, row := range rows {
		for _, i := range orphans[decide.KeyOf(row).Conversation] {
			if first := cases[i].Claimed(); cases[i].Key.Recovery || c.same(cases[i], row) {
				cases[i].Conversation, cases[i].Outside = row, c.outside(row)
				cases[i].Canonicalize(c.identity, first)
			} else { // marked done once more: that is another resolution, which has its own window
				cases[i].Conversation.CustomerID = row.CustomerID
			}
			if row.CustomerID != "" {
				missing[row.CustomerID] = true
			}
		}
	}
	return c.customers.fetch(ctx, missing, customers)
}

// attachLedger adds to conversations what the ledger knows of them, and their agents.
func (c *Fetcher) attachLedger(ctx context.Context, cases []decide.Case) error {
	keys := make([]store.Key, len(cases))
	for i, each := range cases {
		keys[i] = each.Key
	}
	known, err := c.memory.Lookup(keys)
	if err != nil {
		return fmt.Errorf("look up a window in the ledger: %w", err)
	}
	for _, each := range cases {
		if each.Own.State != store.Unknown { // a dry run settles doubts without writing that down
			known[each.Key] = each.Own
		}
	}
	families, recoveries := decide.GroupByConversation(known)
	for i := range cases {
		each := &cases[i]
		family, recovery := families[each.Key.Conversation], recoveries[each.Key.Conversation]
		each.Canonicalize(c.identity, decide.CanonicalTime(each.Resolution(), append(decide.Records(family), recovery)))
		if each.Agent, err = c.agents.find(ctx, c.policy.AgentID(each.Conversation)); err != nil {
			return err
		}
		each.Own, each.Now, each.Outside = known[each.Key], c.Now, each.Before || c.outside(each.Conversation)
		if each.Known = each.Own; !each.Key.Recovery {
			each.Known = c.identity.Effective(each.Key, each.Claimed(), family)
		}
		if err := c.attachRecovery(ctx, each, decide.FirstRequest(family), recovery); err != nil {
			return err
		}
		if len(c.policy.Rules) == 0 || c.policy.FirstFilter(each.Candidate) != "" {
			continue
		}
		// Rules may look at tags, and decide by them that the customer need not be known.
		if each.Tags, err = tagNames(ctx, c.tags, each.Conversation.TagIDs); err != nil {
			return err
		}
	}
	return nil
}
