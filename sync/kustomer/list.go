package kustomer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"acsync/sync/httpx"
)

// listPages is the greatest number of pages that a list is followed for. A list that goes on is one without
// an end.
const listPages = 200

// customerConversations is how many conversations of one customer are read at most.
const customerConversations = 1_000

// The first pages of the lists, with the documented greatest page sizes.
var (
	usersList  = request{path: "/v1/users", query: "page=1&pageSize=500", role: roleUser}
	teamsList  = request{path: "/v1/teams", query: "page=1&pageSize=500", role: roleTeam}
	brandsList = request{path: "/v1/brands", query: "page=1&pageSize=100", role: roleBrand}
	tagsList   = request{path: "/v1/tags", query: "page=1&pageSize=100", role: roleTag}
)

// lister reads the lists of users, tags, teams and brands, and those of a customer's conversations.
type lister struct{ api *api }

// Users returns all users, machines included. Whether deactivated ones are among them is unknown: User finds
// them.
func (l lister) Users(ctx context.Context) ([]User, error) {
	return list(ctx, l.api, users, usersList)
}

// Teams returns all teams (documented, as the greatest page size is). Whether deleted ones are among them is
// unknown.
func (l lister) Teams(ctx context.Context) ([]Team, error) {
	return list(ctx, l.api, teams, teamsList)
}

// Brands returns all brands (documented); the error is ErrNotFound when Kustomer has no such call, as may be
// where there is a single brand (inferred).
func (l lister) Brands(ctx context.Context) ([]Brand, error) {
	found, err := list(ctx, l.api, brands, brandsList)
	return found, withoutCall(err)
}

// FirstUsers returns the first page of the users, by one call: who wants to know whether a list can be had
// needs no more of it.
func (l lister) FirstUsers(ctx context.Context) ([]User, error) {
	return listSome(ctx, l.api, users, usersList, 0)
}

// FirstTags returns the first page of the tags.
func (l lister) FirstTags(ctx context.Context) ([]Tag, error) {
	return listSome(ctx, l.api, tags, tagsList, 0)
}

// FirstTeams returns the first page of the teams.
func (l lister) FirstTeams(ctx context.Context) ([]Team, error) {
	return listSome(ctx, l.api, teams, teamsList, 0)
}

// FirstBrands returns the first page of the brands; the error is that of Brands.
func (l lister) FirstBrands(ctx context.Context) ([]Brand, error) {
	found, err := listSome(ctx, l.api, brands, brandsList, 0)
	return found, withoutCall(err)
}

// CustomerConversations returns the conversations of one customer, open ones included, newest first
// (documented, but for the order, which is unknown and made here). The error is ErrNotFound as with Customer.
// There are 1,000 at most: when Kustomer has more the error is ErrMore, and which are missing is unknown. A
// row that cannot be read is left out, as in the other lists.
func (l lister) CustomerConversations(ctx context.Context, customerID string) ([]Conversation, error) {
	if !addressable(customerID) {
		return nil, fmt.Errorf("customer %q: %w", customerID, ErrNotFound)
	}
	q := request{
		path:  "/v1/customers/" + url.PathEscape(customerID) + "/conversations",
		query: "page=1&pageSize=100", role: roleConversation,
	}
	found, err := listSome(ctx, l.api, conversations, q, customerConversations)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b Conversation) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
	})
	if len(found) > customerConversations {
		return found[:customerConversations],
			fmt.Errorf("the conversations of customer %s: %w", customerID, ErrMore)
	}
	return found, nil
}

// Tags returns all tags.
func (l lister) Tags(ctx context.Context) ([]Tag, error) {
	return list(ctx, l.api, tags, tagsList)
}

// list follows a list from its first page to its end: where there is no next page, where a page brings
// nothing new, or where it comes back to a page that was read (links that never end were observed). Rows
// without an id are left out, and those that contradict each other: what they were can be had singly.
func list[A, T any](ctx context.Context, a *api, kind recordKind[A, T], q request) ([]T, error) {
	return listSome(ctx, a, kind, q, math.MaxInt)
}

// listSome is list, but asks for no other page once it has more than most rows.
func listSome[A, T any](
	ctx context.Context, a *api, kind recordKind[A, T], q request, most int,
) ([]T, error) {
	var all []row[T]
	ids, queries := map[string]bool{}, map[string]bool{}
	for q.query != "" && !queries[q.query] {
		if len(queries) == listPages {
			return nil, fmt.Errorf(
				"the list %s has no end: it was read for %d pages; is kustomer.base_url right?",
				q.path, listPages)
		}
		queries[q.query] = true
		var next string
		page, err := read(ctx, a, q, func(r *httpx.Response) ([]row[T], error) {
			e, err := parseList(r, kind)
			if err != nil {
				return nil, err
			}
			link, _ := e.next()
			if next, err = nextQuery(a.service.Base(), q.path, link); err != nil {
				return nil, r.Unreadable(err)
			}
			return e.Data.good, nil
		})
		if err != nil {
			return nil, ofRecord(err)
		}
		known := len(ids)
		for _, row := range page {
			ids[row.id] = true
		}
		all = append(all, page...)
		if len(ids) == known || len(ids) > most {
			break
		}
		q.query = next
	}
	return values(consistent(all)), nil
}

// nextQuery is the query of the page that a list's link names, "" when it names none. The link is a path with
// a query (documented), or a whole address. It is followed within the same list of the same host only: the
// key goes with it.
func nextQuery(base url.URL, path, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	next, err := url.Parse(link)
	if err != nil {
		return "", errors.New("its link to the next page is no address")
	}
	elsewhere := next.Host != "" &&
		(next.Host != base.Host || next.Scheme != "" && next.Scheme != base.Scheme)
	if elsewhere || next.Opaque != "" || next.User != nil {
		return "", errors.New("its link to the next page leads to another host, which is not followed")
	}
	// Behind a proxy the base has a path of its own, which the service's links do not have.
	switch strings.Trim(next.Path, "/") {
	case "", strings.Trim(path, "/"), strings.Trim(base.JoinPath(path).Path, "/"):
		return next.RawQuery, nil
	default:
		return "", errors.New("its link to the next page leads to something else than the list")
	}
}
