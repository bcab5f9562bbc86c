package kustomer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"acsync/sync/httpx"
)

const (
	// maxPageSize is the documented maximum of a search; asking for more is silently cut to it (observed).
	maxPageSize = 500
	// maxPages is the documented maximum of pages of a search.
	maxPages = 100
)

// Query selects the done conversations of a window, or their customers.
type Query struct {
	From, To               time.Time // resolution time in [From, To)
	CreatedFrom, CreatedTo time.Time // creation time in [CreatedFrom, CreatedTo); zero: unbounded at that end
	Page                   int       // 1-based; 0 means 1
	PageSize               int       // 1 to 500; 0 means 500
	// Failures are the attempts, at most, that end with ErrUnanswered: 0 means as many as any read has, which
	// is much for a query that can be cut.
	Failures int
}

// Page is one page of an answer to a search.
type Page[T any] struct {
	Items []T
	// Total is how many rows match, as the server counts them, and never less than the rows seen; it may be
	// capped at 10,000 (inferred).
	Total      int
	TotalPages int // as the server counts them
	// Broken are the rows that could not be read, as far as they have ids: a row without one is empty here
	Broken []string
	At     time.Time // the server's clock when it answered (the Date header); zero when it told none
}

// searcher finds conversations and their customers.
type searcher struct {
	api     *api
	updates *updates // nil: the search knows when a conversation was marked done
}

// SearchConversations returns one page of the conversations that are done now and were last marked done in
// the query's window. The order is not to be trusted. A row that cannot be read is
// in Broken, to be had by its id: else it would be a conversation lost.
//
// A page holds the whole window only when its Total is not greater than its number of items.
func (s searcher) SearchConversations(ctx context.Context, q Query) (Page[Conversation], error) {
	if s.updates != nil {
		return s.updates.search(ctx, q)
	}
	by := searchKind{by: doneAttribute, sort: doneAttribute, complete: true}
	return find(ctx, s.api, q, by, conversations)
}

// SearchCustomers returns one page of the customers of the conversations that SearchConversations finds. It
// is a shortcut and promises nothing: a customer that is not in it is to be had by Customer. Rows that cannot
// be read are in Broken. With Options.ByUpdate there is no such search, which is ErrInvalid.
func (s searcher) SearchCustomers(ctx context.Context, q Query) (Page[Customer], error) {
	if s.updates != nil {
		return Page[Customer]{}, markedError{errNoJoin, ErrInvalid}
	}
	by := searchKind{by: doneAttribute, sort: "customer_updated_at"}
	return find(ctx, s.api, q, by, customers)
}

// errNoJoin is the error of a search that needs when a conversation was marked done.
var errNoJoin = errors.New("kustomer.search_by is \"updated_at\"")

// doneAttribute is when a conversation was marked done last (documented).
const doneAttribute = "conversation_last_done_created_at"

// searchKind is how a search looks for records.
type searchKind struct {
	by       string // the attribute that the window is about
	sort     string // one key: of several only the first is honoured (observed)
	complete bool   // every row must be readable
}

func find[A, T any](
	ctx context.Context, a *api, q Query, by searchKind, kind recordKind[A, T],
) (Page[T], error) {
	q, err := q.checked()
	if err != nil {
		return Page[T]{}, err
	}
	return ask(ctx, a, q, by, kind)
}

// ask makes a search that is known to be a good one.
func ask[A, T any](
	ctx context.Context, a *api, q Query, by searchKind, kind recordKind[A, T],
) (Page[T], error) {
	body, err := json.Marshal(q.body(kind.name, by))
	if err != nil {
		return Page[T]{}, fmt.Errorf("building a search: %w", err)
	}
	return read(ctx, a, request{
		path: "/v1/customers/search", query: fmt.Sprintf("page=%d&pageSize=%d", q.Page, q.PageSize),
		body: body, role: roleSearch, failures: q.Failures,
	}, func(r *httpx.Response) (Page[T], error) { return decodePage(r, q, kind, by.complete) })
}

// checked is q with its defaults, or says what is wrong with it.
func (q Query) checked() (Query, error) {
	if q.Page == 0 {
		q.Page = 1
	}
	if q.PageSize == 0 {
		q.PageSize = maxPageSize
	}
	switch {
	case q.From.IsZero() || !q.From.Before(q.To):
		return q, fmt.Errorf("a search needs a window that begins before it ends: from %v to %v does not",
			q.From, q.To)
	case q.Page < 1 || q.Page > maxPages:
		return q, fmt.Errorf("page %d of a search cannot be had: Kustomer serves 1 to %d; narrow the window",
			q.Page, maxPages)
	case q.PageSize < 1 || q.PageSize > maxPageSize:
		return q, fmt.Errorf(
			"a page of %d rows cannot be had: Kustomer serves 1 to %d", q.PageSize, maxPageSize)
	}
	return q, nil
}

// searchBody is a search as Kustomer documents it.
type searchBody struct {
	QueryContext string              `json:"queryContext"`
	And          []criterion         `json:"and"`
	Or           []criterion         `json:"or"`
	Sort         []map[string]string `json:"sort"`
}

// criterion is {attribute: {operator: value}}, with one operator only: a range is two criteria.
type criterion map[string]map[string]string

func (q Query) body(context string, by searchKind) searchBody {
	const created = "conversation_created_at"
	and := []criterion{{"conversation_status": {"equals": "done"}}}
	for _, bound := range []struct {
		attribute, operator string
		at                  time.Time
	}{{by.by, "gte", q.From}, {by.by, "lt", q.To}, {created, "gte", q.CreatedFrom}, {
		created, "lt",
		q.CreatedTo,
	}} {
		if !bound.at.IsZero() {
			and = append(and, criterion{bound.attribute: {bound.operator: timestamp(bound.at)}})
		}
	}
	sort := []map[string]string{{by.sort: "asc"}}
	return searchBody{QueryContext: context, And: and, Or: []criterion{}, Sort: sort}
}

// timestamp writes a full UTC time, which Kustomer does not shift by a time zone. Its own times are in whole
// milliseconds; rounding a bound up to one selects the same rows.
func timestamp(t time.Time) string {
	return t.Add(time.Millisecond - 1).UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
}

// decodePage decodes a page; one that must be complete is checked for contradictions.
func decodePage[A, T any](
	r *httpx.Response, q Query, kind recordKind[A, T], complete bool,
) (Page[T], error) {
	e, err := parseList(r, kind)
	if err != nil {
		return Page[T]{}, err
	}
	_, more := e.next()
	n := counts{meta: e.Meta.Value, more: more, rows: len(e.Data.good) + len(e.Data.broken)}
	if complete {
		if err := n.check(q); err != nil {
			return Page[T]{}, r.Unreadable(err)
		}
	}
	page := Page[T]{
		Items: values(e.Data.good), Broken: e.Data.broken, At: httpx.ServerTime(r.Header),
	}
	page.Total, page.TotalPages = n.totals(q)
	return page, nil
}

// counts are what a page says of how much there is.
type counts struct {
	meta
	more bool // it names a next page
	rows int  // that came
}

// check returns why a page cannot be believed: it has a count that is none, or, although more is to
// follow, no row at all. To take it for complete would lose conversations.
func (n counts) check(q Query) error {
	total, counted := n.Total.Count()
	pages, paged := n.TotalPages.Count()
	switch {
	case n.Total.Given && !counted:
		return contradiction("its total is no number of rows")
	case n.TotalPages.Given && !paged:
		return contradiction("its totalPages is no number of pages")
	case n.rows == 0 && q.Page == 1 && total == 0 && (n.more || pages > 1):
		return contradiction("it has no rows, but names a next page")
	}
	return nil
}

// totals are the counts that the server gives, corrected where the rows themselves disprove them, and guessed
// upwards where it gives none: a window that is taken for complete and is not would lose conversations.
func (n counts) totals(q Query) (total, pages int) {
	seen := (q.Page-1)*q.PageSize + n.rows
	if n.rows == 0 {
		seen = 0
	}
	total, counted := n.Total.Count()
	if !counted || total < seen {
		total = seen
		if n.more || n.rows >= q.PageSize {
			total++
		}
	}
	size := q.PageSize
	if served, _ := n.PageSize.Count(); served > 0 && served < size {
		size = served
	}
	pages, _ = n.TotalPages.Count()
	return total, max(pages, (total+size-1)/size)
}
