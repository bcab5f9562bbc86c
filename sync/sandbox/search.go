package sandbox

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	searchPath    = "/v1/customers/search"
	maxSearchSize = 500    // rows of a page; more is silently as many (observed)
	maxSearchPage = 100    // documented
	maxRows       = 10_000 // of one query, whatever the page size (observed)
)

// searcher answers searches.
type searcher struct {
	world  *world
	seed   seed
	faults Faults
	clock  func() time.Time
}

// search answers POST /v1/customers/search for conversations and customers.
func (s *searcher) search(c *call) answer {
	p, err := searchPage(c)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	q, err := parseQuery(c.body)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	if s.faults.NoDoneTimes && !q.byUpdate() {
		return listError(http.StatusBadRequest, "unknown attribute")
	}
	now := s.clock().UTC()
	hits := s.hits(&q, now)
	from, to := p.of(min(len(hits), maxRows))
	data := make([]resource, 0, to-from)
	for _, h := range hits[from:to] {
		if slices.Contains(s.faults.Broken, h.ID) {
			return listError(http.StatusInternalServerError, "this row cannot be shown")
		}
		if h.customer != nil {
			data = append(data, customerResource(h.customer))
			continue
		}
		document := h.stale()
		if s.faults.RowBytes > 0 {
			document.Attributes = maps.Clone(document.Attributes)
			if document.Attributes == nil {
				document.Attributes = object{}
			}
			document.Attributes["preview"] = strings.Repeat("x", s.faults.RowBytes)
		}
		data = append(data, conversationResource(s.world, &document, now))
		s.mutate(h.Conversation, now)
	}
	return jsonAnswer(http.StatusOK, object{
		"meta": searchMeta(p, len(hits)), "data": data, "links": searchLinks(c, p, len(hits)),
	})
}

// searchPage reads the query string.
func searchPage(c *call) (p paging, err error) {
	if p, err = pageOf(c.query, 100, maxSearchSize); err != nil {
		return p, err
	}
	if !strings.HasPrefix(c.header.Get("Content-Type"), "application/json") {
		return p, errors.New("the body must be sent as application/json")
	}
	// What the service answers there is unknown.
	if p.page > maxSearchPage || (p.page-1)*p.size >= maxRows {
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
func (s *searcher) hits(q *query, now time.Time) []hit {
	seen := map[string]bool{}
	var all []hit
	from, to := q.resolutions()
	for c := range s.world.indexed(from, to, now, s.world.lag) {
		if !q.matches(c, now) {
			continue
		}
		if q.context == "conversation" {
			at := c.Resolved
			if q.byUpdate() {
				at = c.updated()
			}
			all = append(all, hit{c, nil, at})
		} else if customer, ok := s.joined(c.CustomerID, seen); ok {
			all = append(all, hit{c, &customer, customer.Created})
		}
	}
	slices.SortFunc(all, func(a, b hit) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(s.seed.hashText(a.ID), s.seed.hashText(b.ID)))
	})
	return all
}

// joined is the customer of a conversation that was found, once.
func (s *searcher) joined(id string, seen map[string]bool) (Customer, bool) {
	if id == "" || seen[id] || s.seed.share("join"+id, s.faults.JoinDrop) {
		return Customer{}, false
	}
	seen[id] = true
	return s.world.customer(id)
}

// mutate changes a conversation that was just served, as far as the faults say, so that later pages shift.
func (s *searcher) mutate(c *Conversation, now time.Time) {
	x := c.ID + c.Resolved.String()
	reopen, reclose := s.faults.Reopen, s.faults.Reclose
	if !s.seed.share(x, reopen+reclose) {
		return
	}
	current, ok := s.world.conversation(c.ID, now)
	if !ok {
		return
	}
	if s.seed.share(x, reopen) {
		current.reopen()
	} else {
		current.resolve(now)
	}
	s.world.put(Records{Conversations: []Conversation{current}}, now)
}

// searchMeta caps the total (inferred) as it caps the rows (observed).
func searchMeta(p paging, n int) object {
	total := min(n, maxRows)
	return object{
		"pageSize": p.size, "page": p.page, "total": total, "totalPages": (total + p.size - 1) / p.size,
		"aggregations": object{},
	}
}

// searchLinks go on past the cap, which is how the service does it (observed).
func searchLinks(c *call, p paging, n int) object {
	links := p.links(c.path, n)
	links["last"] = pageLink(c.path, max(1, (min(n, maxRows)+p.size-1)/p.size), p.size)
	return links
}
