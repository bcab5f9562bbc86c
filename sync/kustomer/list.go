package kustomer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"acsync/sync/httpx"
)

// listPages is the greatest number of pages that a list is followed for. A list that goes on is one without an end.
const listPages = 200

// Users returns all users, machines included. Whether deactivated ones are among them is unknown: User finds them.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return list(ctx, c, listing{"/v1/users", "user", "page=1&pageSize=500", roleUser}, decodeUser)
}

// Tags returns all tags.
func (c *Client) Tags(ctx context.Context) ([]Tag, error) {
	return list(ctx, c, listing{"/v1/tags", "tag", "page=1&pageSize=100", roleTag}, decodeTag)
}

// listing is a list that is read page by page.
type listing struct{ path, kind, query, role string }

// listPage is one page of a list and the query of the next one, "" at the end.
type listPage struct {
	rows []resource
	next string
}

// list follows a list to its end: where there is no next page, where a page brings nothing new, or where it comes back
// to a page that was read (links that never end were observed). Rows without an id are left out, and
// those that contradict each other: what they were can be had singly.
func list[T any](ctx context.Context, c *Client, l listing, decode func(resource) T) ([]T, error) {
	var all []resource
	ids, queries := map[string]bool{}, map[string]bool{}
	for query := l.query; query != "" && !queries[query]; {
		if len(queries) == listPages {
			return nil, fmt.Errorf("the list %s has no end: it was read for %d pages; is kustomer.base_url right?", l.path, listPages)
		}
		queries[query] = true
		page, err := read(ctx, c, request{method: http.MethodGet, path: l.path, query: query, role: l.role}, l.page(c))
		if err != nil {
			return nil, missing(err)
		}
		fresh := len(ids)
		for _, row := range page.rows {
			ids[row.ID.Text] = true
		}
		all = append(all, page.rows...)
		if len(ids) == fresh {
			break
		}
		query = page.next
	}
	return each(consistent(all), decode), nil
}

// page decodes one page.
func (l listing) page(c *Client) func(*httpx.Response) (listPage, error) {
	return func(r *httpx.Response) (listPage, error) {
		e, err := parse(r)
		if err != nil {
			return listPage{}, err
		}
		good, _, err := rows(e.Data, l.kind)
		if err != nil {
			return listPage{}, r.Unreadable(err)
		}
		link, _ := e.next()
		next, err := nextQuery(c.service.Base(), l.path, link)
		if err != nil {
			return listPage{}, r.Unreadable(err)
		}
		return listPage{good, next}, nil
	}
}

// nextQuery is the query of the page that a list's link names, "" when it names none. The link is a path with a query
// (documented), or a whole address. It is followed within the same list of the same host only: the key goes with it.
func nextQuery(base url.URL, path, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	next, err := url.Parse(link)
	if err != nil {
		return "", errors.New("its link to the next page is no address")
	}
	here := base.JoinPath(path)
	elsewhere := next.Host != "" && (next.Host != base.Host || next.Scheme != "" && next.Scheme != base.Scheme)
	if elsewhere || next.Opaque != "" || next.User != nil {
		return "", errors.New("its link to the next page leads to another host, which is not followed")
	}
	// Behind a proxy the base has a path of its own, which the service's links do not have.
	switch strings.Trim(next.Path, "/") {
	case "", strings.Trim(path, "/"), strings.Trim(here.Path, "/"):
		return next.RawQuery, nil
	default:
		return "", errors.New("its link to the next page leads to something else than the list")
	}
}
