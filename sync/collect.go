package sync

import (
	"context"
	"fmt"
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

// Case is a conversation with what was decided for it.
type Case struct {
	Key store.Key
	Candidate
	Decision
}

// resolution is when the conversation was marked done, as far as Kustomer or the ledger knows.
func (c Case) resolution() time.Time {
	if c.Conversation.LastDone == nil {
		return c.Known.Resolution
	}
	return c.Conversation.LastDone.At
}

// collector turns windows and ids into decided cases.
type collector struct {
	source Source
	memory Memory
	agents *roll[kustomer.User]
	tags   *roll[kustomer.Tag]
	policy Policy
	now    time.Time // Kustomer's clock
}

// Batch is a window that was read whole and decided.
type Batch struct {
	Window
	Cases []Case
	Rows  int // that the search returned
}

// read reads windows of the tiler's choice and gives each, decided, to yield, in the order of time. A window that holds
// more than one page is cut until each piece is one. It ends early when yield tells false.
func (c *collector) read(ctx context.Context, tiles *tiler, yield func(Batch) bool) error {
	for window, ok := tiles.next(); ok; window, ok = tiles.next() {
		pieces := []Window{window}
		for len(pieces) > 0 {
			piece := pieces[0]
			query := kustomer.Query{From: piece.From, To: piece.To}
			page, err := c.source.SearchConversations(ctx, query)
			if err != nil {
				return fmt.Errorf("search %s: %w", piece, err)
			}
			tiles.learn(piece, page.Total)
			if page.Total > pageRows || page.TotalPages > 1 {
				early, late, ok := piece.halves()
				if !ok {
					return &OverflowError{At: piece.From, Rows: page.Total}
				}
				pieces = append([]Window{early, late}, pieces[1:]...)
				continue
			}
			cases, err := c.decide(ctx, query, within(piece, page.Items))
			if err != nil {
				return err
			}
			if !yield(Batch{Window: piece, Cases: cases, Rows: len(page.Items)}) {
				return nil
			}
			pieces = pieces[1:]
		}
	}
	return nil
}

// within sorts the rows of a search and drops what is not the window's: repeated rows, and conversations that were
// marked done again after the window's end, which a later window holds.
func within(w Window, rows []kustomer.Conversation) []kustomer.Conversation {
	rows = slices.DeleteFunc(rows, func(row kustomer.Conversation) bool {
		return row.LastDone != nil && !row.LastDone.At.Before(w.To)
	})
	slices.SortFunc(rows, func(a, b kustomer.Conversation) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(rows, func(a, b kustomer.Conversation) bool { return a.ID == b.ID })
}

// decide joins the conversations with what their decisions need, and decides, earliest resolution first.
func (c *collector) decide(ctx context.Context, query kustomer.Query, rows []kustomer.Conversation) ([]Case, error) {
	cases, err := c.candidates(ctx, rows)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for i := range cases {
		if cases[i].Skip = c.policy.screen(cases[i].Candidate); cases[i].Send() {
			wanted[cases[i].Conversation.CustomerID] = true
		}
	}
	customers := customers{source: c.source}
	if err := customers.join(ctx, query, wanted); err != nil {
		return nil, err
	}
	for i := range cases {
		if !cases[i].Send() {
			continue
		}
		if cases[i].Tags, err = tagNames(ctx, c.tags, cases[i].Conversation.TagIDs); err != nil {
			return nil, err
		}
		cases[i].Customer = customers.known[cases[i].Conversation.CustomerID]
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

// candidates joins the conversations with what the ledger knows of them and with their agents.
func (c *collector) candidates(ctx context.Context, rows []kustomer.Conversation) ([]Case, error) {
	keys := make([]store.Key, len(rows))
	for i, row := range rows {
		keys[i] = keyOf(row)
	}
	known, err := c.memory.Lookup(keys)
	if err != nil {
		return nil, fmt.Errorf("look up a window in the ledger: %w", err)
	}
	cases := make([]Case, len(rows))
	for i, row := range rows {
		agent, err := c.agents.find(ctx, c.policy.agent(row))
		if err != nil {
			return nil, err
		}
		cases[i] = Case{Key: keys[i], Candidate: Candidate{Conversation: row, Known: known[keys[i]], Agent: agent, Now: c.now}}
	}
	return cases, nil
}

// keyOf names what the ledger remembers of the conversation: one survey each, however often it is marked done.
func keyOf(c kustomer.Conversation) store.Key { return store.Key{Conversation: c.ID} }
