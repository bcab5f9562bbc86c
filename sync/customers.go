package sync

import (
	"context"
	"errors"
	"fmt"
	stdsync "sync"

	"golang.org/x/sync/errgroup"

	"acsync/sync/kustomer"
)

const (
	fewCustomers  = 3     // so many are cheaper to fetch singly than to search for: a search is the scarcer call
	mostCustomers = 5_000 // kept in memory; beyond that a pass forgets them all and begins anew
	mostJoinPages = 20    // pages that a joined search can return: 10,000 rows (observed)
	getsAtOnce    = 8     // customers fetched singly at the same time
)

// customers fetches customers, each once a pass: those of a window by one search with the window's own criteria, and
// singly those which that search did not return.
type customers struct {
	source  Source
	notice  func(format string, args ...any)
	refused bool // Kustomer refuses the search; they are all fetched singly

	mu    stdsync.Mutex
	known map[string]*kustomer.Customer // a nil value: there is no such customer
}

// join fetches the customers with these ids by the query's search, where that is worth while, and tells whether it did. A
// query without an end stands for conversations that no window holds.
func (c *customers) join(ctx context.Context, query kustomer.Query, ids map[string]bool) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known)+len(ids) > mostCustomers || c.known == nil {
		c.known = map[string]*kustomer.Customer{}
	}
	if len(c.missing(ids)) <= fewCustomers || query.To.IsZero() || c.refused {
		return false, nil
	}
	return true, c.search(ctx, query, ids)
}

func (c *customers) missing(ids map[string]bool) []string {
	var missing []string
	for id := range ids {
		if _, known := c.known[id]; !known {
			missing = append(missing, id)
		}
	}
	return missing
}

// search takes from the joined search what is wanted, page by page as long as that may spare more calls than it makes.
// It promises nothing: what it lacks is fetched singly.
func (c *customers) search(ctx context.Context, query kustomer.Query, ids map[string]bool) error {
	for query.Page = 1; len(c.missing(ids)) > fewCustomers*query.Page; query.Page++ {
		page, err := c.source.SearchCustomers(ctx, query)
		if errors.Is(err, kustomer.ErrInvalid) {
			c.refused = true
			c.notice("Kustomer refuses to search for the customers of a window; each is fetched by itself in this pass (%v)", err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("search the customers of a window: %w", err)
		}
		for _, customer := range page.Items {
			if ids[customer.ID] {
				c.known[customer.ID] = &customer
			}
		}
		if query.Page >= min(page.TotalPages, mostJoinPages) {
			return nil
		}
	}
	return nil
}

// fetch looks up singly, some at a time, those of the customers that are not known yet.
func (c *customers) fetch(ctx context.Context, wanted map[string]bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := c.missing(wanted)
	found := make([]*kustomer.Customer, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(getsAtOnce)
	for i, id := range ids {
		group.Go(func() error {
			customer, err := c.source.Customer(ctx, id)
			switch {
			case errors.Is(err, kustomer.ErrNotFound):
				return nil
			case err != nil:
				return fmt.Errorf("look up customer %s: %w", id, err)
			}
			found[i] = &customer
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, id := range ids {
		c.known[id] = found[i]
	}
	return nil
}

// find is a customer that was joined; nil when there is none.
func (c *customers) find(id string) *kustomer.Customer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known[id]
}
