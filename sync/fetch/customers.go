package fetch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	stdsync "sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"acsync/sync/kustomer"
)

const (
	// so many are cheaper to fetch singly than to search for: a search is the scarcer call
	fewCustomers  = 3
	mostCustomers = 5_000 // kept in memory; beyond that a pass forgets them all and begins anew
	mostJoinPages = 20    // pages that a joined search can return: 10,000 rows (observed)
	getsAtOnce    = 8     // customers fetched singly at the same time
	failedJoins   = 3     // joined searches that are not answered before a pass makes no more
)

// customers fetches customers once a pass, as far as memory goes: a window's by one search with its criteria,
// and singly those which that did not return.
type customers struct {
	source Source
	notice func(format string, args ...any)

	refused atomic.Bool  // Kustomer refuses the search, or does not answer it; they are all fetched singly
	failed  atomic.Int32 // searches that were not answered

	mu    stdsync.Mutex
	known map[string]*kustomer.Customer // a nil value: there is no such customer

	faults faults
}

// found are the customers of one chunk, its own while it is decided; a nil value: there is no such customer.
type found map[string]*kustomer.Customer

func (f found) missing(ids map[string]bool) []string {
	var missing []string
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if _, known := f[id]; !known {
			missing = append(missing, id)
		}
	}
	return missing
}

func (c *customers) takeKnown(ids map[string]bool, into found) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range ids {
		if customer, known := c.known[id]; known {
			into[id] = customer
		}
	}
}

func (c *customers) keep(fresh found) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known)+len(fresh) > mostCustomers {
		c.known = map[string]*kustomer.Customer{}
	}
	maps.Copy(c.known, fresh)
}

// join fetches customers by the search, where that is worth while, and reports whether it did. A query
// without an end stands for conversations that no window holds.
func (c *customers) join(
	ctx context.Context, query kustomer.Query, ids map[string]bool, into found,
) (bool, error) {
	c.takeKnown(ids, into)
	if c.refused.Load() || query.To.IsZero() || len(into.missing(ids)) <= fewCustomers {
		return false, nil
	}
	return c.search(ctx, query, ids, into)
}

// search reads the joined search as long as a page may spare more calls than it makes. What it lacks is
// fetched singly, and so is a customer of whom it says several things. It returns false where there is no
// search.
func (c *customers) search(
	ctx context.Context, query kustomer.Query, ids map[string]bool, into found,
) (bool, error) {
	fresh, doubtful := found{}, map[string]bool{}
	defer func() {
		for id := range doubtful {
			delete(into, id)
			delete(fresh, id)
		}
		c.keep(fresh)
	}()
	query.Failures = tries
	for query.Page = 1; len(into.missing(ids)) > fewCustomers*query.Page; query.Page++ {
		page, err := c.source.SearchCustomers(ctx, query)
		unanswered := errors.Is(err, kustomer.ErrUnanswered)
		if errors.Is(err, kustomer.ErrInvalid) || unanswered && c.failed.Add(1) >= failedJoins {
			if c.refused.CompareAndSwap(false, true) {
				c.notice("Kustomer does not let the customers of a window be searched for; "+
					"each is fetched by itself in this pass (%v)", err)
			}
			return false, nil
		}
		if unanswered {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("search the customers of a window: %w", err)
		}
		if len(page.Items) > 0 {
			c.faults.read(page.Items[0].ID)
		}
		for _, customer := range page.Items {
			if earlier := fresh[customer.ID]; earlier != nil && !reflect.DeepEqual(*earlier, customer) {
				doubtful[customer.ID] = true
			}
			if ids[customer.ID] {
				into[customer.ID], fresh[customer.ID] = &customer, &customer
			}
		}
		if query.Page >= min(page.TotalPages, mostJoinPages) {
			return true, nil
		}
	}
	return true, nil
}

func (c *customers) fetch(ctx context.Context, wanted map[string]bool, into found) error {
	c.takeKnown(wanted, into)
	ids := slices.DeleteFunc(into.missing(wanted), c.faults.withheld)
	singly := make([]*kustomer.Customer, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(getsAtOnce)
	again := func(id string) error {
		_, err := c.source.Customer(ctx, id)
		return err
	}
	for i, id := range ids {
		group.Go(func() error {
			customer, err := c.source.Customer(ctx, id)
			switch {
			case errors.Is(err, kustomer.ErrNotFound):
				c.faults.read(id)
				return nil
			case c.faults.own(id, err, again):
				return nil
			case err != nil:
				return fmt.Errorf("look up customer %s: %w", id, err)
			}
			c.faults.read(id)
			singly[i] = &customer
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fresh := found{}
	for i, id := range ids {
		if !c.faults.withheld(id) {
			into[id], fresh[id] = singly[i], singly[i]
		}
	}
	c.keep(fresh)
	return nil
}
