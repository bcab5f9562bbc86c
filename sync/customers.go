package sync

import (
	"context"
	"errors"
	"fmt"

	"acsync/sync/kustomer"
)

// fewCustomers is how many are cheaper to fetch singly than to search for: a search is the scarcer call.
const fewCustomers = 3

// customers fetches the customers of a window: by one search with the window's own criteria, and singly those which
// that search did not return.
type customers struct {
	source Source
	known  map[string]*kustomer.Customer // of this window; a nil value: there is no such customer
}

// join fetches the customers with these ids into known. A query without an end stands for conversations that no window
// holds: their customers are looked up singly.
func (c *customers) join(ctx context.Context, query kustomer.Query, ids map[string]bool) error {
	c.known = make(map[string]*kustomer.Customer, len(ids))
	if len(ids) > fewCustomers && !query.To.IsZero() {
		page, err := c.source.SearchCustomers(ctx, query)
		if err != nil {
			return fmt.Errorf("search the customers of a window: %w", err)
		}
		for _, customer := range page.Items {
			if ids[customer.ID] {
				c.known[customer.ID] = &customer
			}
		}
	}
	return c.fetch(ctx, ids)
}

// fetch looks up singly those of the ids that are not known yet.
func (c *customers) fetch(ctx context.Context, ids map[string]bool) error {
	for id := range ids {
		if _, known := c.known[id]; known {
			continue
		}
		customer, err := c.source.Customer(ctx, id)
		switch {
		case errors.Is(err, kustomer.ErrNotFound):
			c.known[id] = nil
		case err != nil:
			return fmt.Errorf("look up customer %s: %w", id, err)
		default:
			c.known[id] = &customer
		}
	}
	return nil
}
