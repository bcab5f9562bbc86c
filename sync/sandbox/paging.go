package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// paging is the page that a request to Kustomer asks for.
type paging struct{ page, size int }

// pageOf reads page and pageSize, and refuses every other parameter; a larger size than the maximum becomes
// the maximum silently (observed of searches).
func pageOf(query url.Values, size, maxSize int) (paging, error) {
	p := paging{1, size}
	err := errors.Join(unknownParameter(query, "page", "pageSize"),
		numberParameter(query, "page", 1, math.MaxInt32, &p.page),
		numberParameter(query, "pageSize", 1, math.MaxInt32, &p.size))
	p.size = min(p.size, maxSize)
	return p, err
}

// of is the part of n rows that lies on the page.
func (p paging) of(n int) (from, to int) {
	if p.page > n/p.size+1 {
		return n, n
	}
	from = (p.page - 1) * p.size
	return min(from, n), min(from+p.size, n)
}

// links are those of a page of n rows.
func (p paging) links(path string, n int) object {
	links := object{
		"self": pageLink(path, p.page, p.size), "first": pageLink(path, 1, p.size), "prev": nil, "next": nil,
	}
	if p.page > 1 {
		links["prev"] = pageLink(path, p.page-1, p.size)
	}
	if _, to := p.of(n); to < n {
		links["next"] = pageLink(path, p.page+1, p.size)
	}
	return links
}

func pageLink(path string, page, size int) string {
	return fmt.Sprintf("%s?page=%d&pageSize=%d", path, page, size)
}

// list is a page of a list that does not report totals (documented of users and tags).
func list(c *call, p paging, rows []resource) answer {
	from, to := p.of(len(rows))
	return jsonAnswer(http.StatusOK, object{
		"meta": object{"page": p.page, "pageSize": p.size}, "data": append([]resource{}, rows[from:to]...),
		"links": p.links(c.path, len(rows)),
	})
}

// unknownParameter names a query parameter that is not among those known, if there is one.
func unknownParameter(query url.Values, known ...string) error {
	for name, values := range query {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown query parameter %q", name)
		}
		if len(values) > 1 {
			return fmt.Errorf("query parameter %q is given twice", name)
		}
	}
	return nil
}

// numberParameter reads a parameter, if it is given, into a number.
func numberParameter(query url.Values, name string, least, most int, into *int) error {
	if !query.Has(name) {
		return nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least || n > most {
		return fmt.Errorf("%s must be a number from %d to %d", name, least, most)
	}
	*into = n
	return nil
}
