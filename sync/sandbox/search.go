package sandbox

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	p, idsOnly, err := searchPage(c)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	q, err := parseQuery(c.body)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	hits := k.hits(&q)
	q.arrange(hits, k.seed)
	from, to := p.of(min(len(hits), maxRows))
	page := slices.Clone(hits[from:to])
	if len(q.sort) == 0 {
		k.shuffle(page)
	}
	data := make([]resource, len(page))
	for i := range page {
		data[i] = k.searchResult(&q, &page[i], idsOnly)
	}
	k.churn(page)
	return jsonAnswer(http.StatusOK, object{"meta": searchMeta(p, len(hits)), "data": data, "links": searchLinks(c, p, len(hits))})
}

// searchPage reads the query string.
func searchPage(c *call) (p paging, idsOnly bool, err error) {
	if err = unknownParameter(c.query, "page", "pageSize", "idsOnly"); err != nil {
		return p, false, err
	}
	if p, err = pageOf(c.query, 100, maxSearchSize); err != nil {
		return p, false, err
	}
	if !strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
		return p, false, errors.New("the body must be sent as application/json")
	}
	if p.page > maxSearchPage || (p.page-1)*p.size >= maxRows { // what the service answers there is unknown
		return p, false, errors.New("the page lies beyond the maximum number of pages or records")
	}
	if c.query.Has("idsOnly") {
		idsOnly, err = strconv.ParseBool(c.query.Get("idsOnly"))
	}
	return p, idsOnly, err
}

// hit is one row found: a conversation as the index has it, or the customer of one.
type hit struct {
	subject
	of *Customer // in the context of customers
}

// hits are all rows that match, in an order that means nothing.
func (k *kustomer) hits(q *query) []hit {
	if q.context != "conversation" && q.context != "customer" {
		return nil
	}
	now := k.now()
	from, to := q.bounds(now)
	oldest := now.Add(-horizon)
	seen := map[string]bool{}
	var all []hit
	for c := range k.world.indexed(from, to, now, k.world.lag) {
		s := subject{Conversation: c, now: now, world: k.world}
		if c.updated().Before(oldest) || !q.matches(&s) {
			continue
		}
		if q.context == "conversation" {
			all = append(all, hit{subject: s})
		} else if customer, ok := k.joined(c.CustomerID, seen); ok {
			all = append(all, hit{s, &customer})
		}
	}
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

// bounds are the resolution times of generated conversations that can match, from the criteria that all must hold.
func (q *query) bounds(now time.Time) (from, to time.Time) {
	from, to = now.Add(-horizon), now.Add(time.Millisecond)
	slack := map[string]struct{ before, after time.Duration }{
		"conversation_last_done_created_at": {},
		"conversation_created_at":           {after: maxLife},
		"conversation_updated_at":           {before: time.Minute},
	}
	for _, c := range q.and {
		at, isTime := c.value.(time.Time)
		room, bounds := slack[c.attribute]
		if !isTime || !bounds {
			continue
		}
		if lower := at.Add(-room.before); c.operator[0] == 'g' && lower.After(from) {
			from = lower
		}
		if upper := at.Add(room.after + time.Millisecond); c.operator[0] == 'l' && upper.Before(to) {
			to = upper
		}
	}
	return from, to
}

// arrange sorts hits by the first sort key. Rows that are equal in it come in an order that means nothing.
func (q *query) arrange(hits []hit, s seed) {
	if len(q.sort) == 0 {
		return
	}
	by := q.sort[0]
	slices.SortFunc(hits, func(a, b hit) int {
		n := 0
		switch compare(a.attribute(by.attribute), b.attribute(by.attribute)) {
		case less:
			n = -1
		case greater:
			n = 1
		case equal:
		}
		if by.descending {
			n = -n
		}
		return cmp.Or(n, cmp.Compare(s.hashText(a.ID), s.hashText(b.ID)))
	})
}

// shuffle puts the rows of a page into an order that means nothing.
func (k *kustomer) shuffle(page []hit) {
	slices.SortFunc(page, func(a, b hit) int { return cmp.Compare(k.seed.hashText(a.ID), k.seed.hashText(b.ID)) })
}

func (k *kustomer) searchResult(q *query, h *hit, idsOnly bool) resource {
	switch {
	case idsOnly && h.of != nil: // the shape of ids alone is unknown
		return resource{Type: "customer", ID: h.of.ID}
	case idsOnly:
		return resource{Type: "conversation", ID: h.ID}
	case h.of != nil:
		return customerResource(h.of)
	default:
		c := h.stale()
		return k.conversationResource(&c)
	}
}

// churn changes rows that were just served, so that later pages shift.
func (k *kustomer) churn(page []hit) {
	f := k.options.Faults
	if f.Reopen <= 0 && f.Reclose <= 0 {
		return
	}
	for i := range page {
		if page[i].of != nil {
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
	at := func(page int) string { return pageLink(c.path, paging{page, p.size}, url.Values{}) }
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
