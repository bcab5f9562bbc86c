package sandbox

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxSearchSize = 500                      // rows of a page; more is silently as many (observed)
	maxSearchPage = 100                      // documented
	maxRows       = 10_000                   // of one query, whatever the page size (observed)
	horizon       = 2 * 365 * 24 * time.Hour // searches see what was updated in the last two years (documented)
)

// search answers POST /v1/customers/search for conversations and customers.
func (k *kustomer) search(c *call) answer {
	p, err := searchPage(c)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	q, err := parseQuery(c.body)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	hits := k.hits(&q)
	from, to := p.of(min(len(hits), maxRows))
	page := hits[from:to]
	data := make([]resource, len(page))
	for i := range page {
		data[i] = k.searchResult(&page[i])
	}
	k.churn(page)
	return jsonAnswer(http.StatusOK, object{"meta": searchMeta(p, len(hits)), "data": data, "links": searchLinks(c, p, len(hits))})
}

// searchPage reads the query string.
func searchPage(c *call) (p paging, err error) {
	if err = unknownParameter(c.query, "page", "pageSize"); err != nil {
		return p, err
	}
	if p, err = pageOf(c.query, 100, maxSearchSize); err != nil {
		return p, err
	}
	if !strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
		return p, errors.New("the body must be sent as application/json")
	}
	if p.page > maxSearchPage || (p.page-1)*p.size >= maxRows { // what the service answers there is unknown
		return p, errors.New("the page lies beyond the maximum number of pages or records")
	}
	return p, nil
}

// hit is one row found: a conversation as the index has it, or the customer of one.
type hit struct {
	*Conversation
	customer *Customer // nil in the context of conversations
	at       time.Time // the key that the rows are sorted by
}

// hits are all rows that match, sorted. Rows with the same key come in an order that means nothing.
func (k *kustomer) hits(q *query) []hit {
	now := k.now()
	from, to := q.done.from, q.done.to
	if oldest := now.Add(-horizon); from.Before(oldest) {
		from = oldest
	}
	if newest := now.Add(time.Millisecond); to.After(newest) {
		to = newest
	}
	seen := map[string]bool{}
	var all []hit
	for c := range k.world.indexed(from, to, now, k.world.lag) {
		if !q.matches(c, now) {
			continue
		}
		if q.context == "conversation" {
			all = append(all, hit{c, nil, c.Resolved})
		} else if customer, ok := k.joined(c.CustomerID, seen); ok {
			all = append(all, hit{c, &customer, customer.Created})
		}
	}
	slices.SortFunc(all, func(a, b hit) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(k.seed.hashText(a.ID), k.seed.hashText(b.ID)))
	})
	return all
}

// joined is the customer of a conversation that was found, once.
func (k *kustomer) joined(id string, seen map[string]bool) (Customer, bool) {
	if id == "" || seen[id] {
		return Customer{}, false
	}
	seen[id] = true
	if share := k.options.Faults.JoinDrop; share > 0 && float64(k.seed.hashText("join"+id)>>11)/(1<<53) < share {
		return Customer{}, false
	}
	return k.world.customer(id)
}

func (k *kustomer) searchResult(h *hit) resource {
	if h.customer != nil {
		return customerResource(h.customer)
	}
	c := h.stale()
	return k.conversationResource(&c)
}

// churn changes rows that were just served, so that later pages shift.
func (k *kustomer) churn(page []hit) {
	f := k.options.Faults
	if f.Reopen <= 0 && f.Reclose <= 0 {
		return
	}
	for i := range page {
		if page[i].customer != nil {
			continue
		}
		x := float64(k.seed.hash(k.seed.hashText(page[i].ID), uint64(page[i].Resolved.UnixMilli()))>>11) / (1 << 53)
		switch { // a conversation that is gone by now needs no change
		case x < f.Reopen:
			_ = k.Reopen(page[i].ID)
		case x < f.Reopen+f.Reclose:
			_ = k.Resolve(page[i].ID)
		}
	}
}

// searchMeta caps the total (inferred) as it caps the rows (observed).
func searchMeta(p paging, n int) object {
	total := min(n, maxRows)
	return object{
		"pageSize": p.size, "page": p.page, "total": total, "totalPages": (total + p.size - 1) / p.size, "aggregations": object{},
	}
}

// searchLinks go on past the cap, which is how the service does it (observed).
func searchLinks(c *call, p paging, n int) object {
	at := func(page int) string { return pageLink(c.path, paging{page, p.size}) }
	last := max(1, (min(n, maxRows)+p.size-1)/p.size)
	links := object{"self": at(p.page), "first": at(1), "prev": nil, "next": nil, "last": at(last)}
	if p.page > 1 {
		links["prev"] = at(p.page - 1)
	}
	if p.page*p.size < n {
		links["next"] = at(p.page + 1)
	}
	return links
}
