package sync

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
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

// Memory is what a pass asks of the ledger before it decides.
type Memory interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}

// noMemory remembers nothing: for a collector that decides without a ledger.
type noMemory struct{}

// Lookup finds nothing.
func (noMemory) Lookup([]store.Key) (map[store.Key]store.Record, error) {
	return map[store.Key]store.Record{}, nil
}

// Case is a conversation with what was decided for it.
type Case struct {
	Key store.Key
	Candidate
	Decision

	own    store.Record // of this very key; Known may be that of another key of the conversation
	heir   bool         // it takes the place of a case that is over
	before bool         // a search returned it although it was marked done before the pass begins
}

// resolution is when the conversation was marked done, as far as Kustomer or the ledger knows. A time that no
// pass reads is none: not even the ledger can keep all of those.
func (c Case) resolution() time.Time {
	if c.Outside {
		return c.Known.Resolution
	}
	return c.claimed()
}

// claimed is the same, but believes Kustomer whatever it says.
func (c Case) claimed() time.Time {
	if c.Conversation.LastDone == nil {
		return c.Known.Resolution
	}
	return c.Conversation.LastDone.At
}

// collector turns windows and ids into decided cases.
type collector struct {
	source    Source
	memory    Memory
	agents    *roll[kustomer.User]
	tags      *roll[kustomer.Tag]
	customers *customers
	policy    Policy
	identity  identity
	reach     reach
	now       time.Time // Kustomer's clock
	asked     time.Time // when it was asked for, by this machine's
	from      time.Time // where the pass begins: what was marked done before is not its business
	unseen    func(int) // hears of rows that the search counts and does not return
}

// FetchOptions are what conversations are read and decided with.
type FetchOptions struct {
	Source    Source
	Directory Directory
	Memory    Memory // nil: nothing is remembered
	Policy    Policy
	SurveyPer store.Identity // empty: the conversation
	Notice    func(format string, args ...any)
	Unseen    func(int) // hears of conversations that Kustomer counts and does not show

	reach reach // of a search; zero: Kustomer's
}

func newCollector(o FetchOptions) *collector {
	c := &collector{
		source: o.Source, memory: o.Memory, policy: o.Policy, identity: identity(identityOf(o.SurveyPer)),
		reach: cmp.Or(o.reach, kustomersReach), unseen: o.Unseen,
		agents: agentRoll(o.Directory, o.Notice), tags: tagRoll(o.Directory, o.Notice),
		customers: &customers{source: o.Source, notice: o.Notice},
	}
	if c.memory == nil {
		c.memory = noMemory{}
	}
	return c
}

// begin takes in Kustomer's clock, which was just asked.
func (c *collector) begin(now time.Time) { c.now, c.asked = now, time.Now() }

// started is Kustomer's clock when the pass began.
func (c *collector) started() time.Time { return c.now }

// startAt says where the pass begins: what was marked done before is not its business.
func (c *collector) startAt(from time.Time) { c.from = from }

// require lets no agent be asked about who has no active profile.
func (c *collector) require(profiles *Profiles) { c.policy.Profiles = profiles }

// cases are conversations, each under the key that is its own.
func (c *collector) cases(rows []kustomer.Conversation) []Case {
	cases := make([]Case, len(rows))
	for i, row := range rows {
		cases[i] = Case{Key: c.identity.key(row), Candidate: Candidate{Conversation: row}}
		if c.outside(row) {
			cases[i].Key = keyOf(row)
		}
	}
	return cases
}

// decide joins conversations with what their decisions need, and decides, earliest resolution first.
func (c *collector) decide(ctx context.Context, query kustomer.Query, cases []Case) ([]Case, error) {
	if err := c.complete(ctx, cases); err != nil {
		return nil, err
	}
	customers, err := c.joinCustomers(ctx, query, cases)
	if err != nil {
		return nil, err
	}
	for i := range cases {
		if cases[i].Decision = c.policy.screen(cases[i].Candidate, nil); !cases[i].Send() {
			continue
		}
		if cases[i].Tags, err = tagNames(ctx, c.tags, cases[i].Conversation.TagIDs); err != nil {
			return nil, err
		}
		cases[i].Customer = customers[cases[i].Conversation.CustomerID]
		cases[i].Decision = c.policy.Decide(cases[i].Candidate)
	}
	slices.SortFunc(cases, func(a, b Case) int {
		if order := a.resolution().Compare(b.resolution()); order != 0 {
			return order
		}
		return strings.Compare(a.Conversation.ID, b.Conversation.ID)
	})
	return cases, nil
}

// joinCustomers fetches the customers of those cases that need one. What the joined search does not return is missing, or
// was merged into another customer: then the conversation, read again, names that one. One call reads many conversations,
// but only one customer, so that after a joined search the conversations come first.
func (c *collector) joinCustomers(ctx context.Context, query kustomer.Query, cases []Case) (found, error) {
	wanted, customers := map[string]bool{}, found{}
	for _, each := range cases {
		if c.policy.needsCustomer(each.Candidate) {
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
	return customers, c.adopt(ctx, wanted, cases, customers)
}

// adopt reads conversations again whose customers were not found, and fetches the customers that they have now. What was
// read again is newer than what the search showed, and takes its place.
func (c *collector) adopt(ctx context.Context, wanted map[string]bool, cases []Case, customers found) error {
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
		for _, i := range orphans[keyOf(row).Conversation] {
			if first := cases[i].claimed(); cases[i].Key.Recovery || c.same(cases[i], row) {
				cases[i].Conversation, cases[i].Outside = row, c.outside(row)
				cases[i].spell(c.identity, first)
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

// complete adds to conversations what the ledger knows of them, and their agents.
func (c *collector) complete(ctx context.Context, cases []Case) error {
	keys := make([]store.Key, len(cases))
	for i, each := range cases {
		keys[i] = each.Key
	}
	known, err := c.memory.Lookup(keys)
	if err != nil {
		return fmt.Errorf("look up a window in the ledger: %w", err)
	}
	for _, each := range cases {
		if each.own.State != store.Unknown { // a dry run settles doubts without writing that down
			known[each.Key] = each.own
		}
	}
	families, recoveries := kin(known)
	for i := range cases {
		each := &cases[i]
		family, recovery := families[each.Key.Conversation], recoveries[each.Key.Conversation]
		each.spell(c.identity, spelling(each.resolution(), append(records(family), recovery)))
		if each.Agent, err = c.agents.find(ctx, c.policy.agent(each.Conversation)); err != nil {
			return err
		}
		each.own, each.Now, each.Outside = known[each.Key], c.now, each.before || c.outside(each.Conversation)
		if each.Known = each.own; !each.Key.Recovery {
			each.Known = c.identity.recall(each.Key, each.claimed(), family)
		}
		if err := c.followUp(ctx, each, firstRequest(family), recovery); err != nil {
			return err
		}
		if len(c.policy.Rules) == 0 || c.policy.filter(each.Candidate) != "" {
			continue
		}
		// Rules may look at tags, and decide by them that the customer need not be known.
		if each.Tags, err = tagNames(ctx, c.tags, each.Conversation.TagIDs); err != nil {
			return err
		}
	}
	return nil
}
