package kustomer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"acsync/sync/httpx"
)

const (
	// listIDs is how many ids one request names. No maximum is documented; fifty keep the address short.
	listIDs = 50
	// fewIDs is how many conversations that are missing from a list are asked for one by one.
	fewIDs = 3
)

// Customer returns one customer; the error is ErrNotFound when there is none, as after a deletion, and when
// Kustomer goes on to answer with another one. So it is with User and Tag.
func (c *Client) Customer(ctx context.Context, id string) (Customer, error) {
	return get(ctx, c, "customer", id, roleCustomer, decodeCustomer)
}

// User returns one user; the error is ErrNotFound when there is none.
func (c *Client) User(ctx context.Context, id string) (User, error) {
	return get(ctx, c, "user", id, roleUser, decodeUser)
}

// Tag returns one tag; the error is ErrNotFound when there is none, or when this cannot be asked for (the call is
// inferred from the others).
func (c *Client) Tag(ctx context.Context, id string) (Tag, error) {
	tag, err := get(ctx, c, "tag", id, roleTag, decodeTag)
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Status == http.StatusMethodNotAllowed {
		return tag, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return tag, err
}

// get reads one record of the given kind.
func get[T any](ctx context.Context, c *Client, kind, id, role string, decode func(resource) T) (T, error) {
	if !addressable(id) {
		var none T
		return none, fmt.Errorf("%s %q: %w", kind, id, ErrNotFound)
	}
	q := request{method: http.MethodGet, path: "/v1/" + kind + "s/" + url.PathEscape(id), role: role}
	value, err := read(ctx, c, q, single(kind, id, decode))
	return value, missing(err)
}

// addressable refuses what would address something else than one record.
func addressable(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.Contains(id, ",")
}

// Conversations returns the conversations with the given ids, as they are now, in the order of the ids. Those that do
// not exist are not in the result.
//
// Several ids are named in one request where Kustomer takes that (documented; the maximum is unknown). A
// conversation that is missing from a list counts as not existing only after it was asked for by itself: a
// list may have been cut. So it does when something else always comes in its place.
func (c *Client) Conversations(ctx context.Context, ids []string) ([]Conversation, error) {
	wanted := make([]string, 0, len(ids))
	for _, id := range ids {
		if addressable(id) && !slices.Contains(wanted, id) {
			wanted = append(wanted, id)
		}
	}
	found := make(map[string]Conversation, len(wanted))
	for chunk := range slices.Chunk(wanted, listIDs) {
		if err := c.collect(ctx, chunk, found); err != nil {
			return nil, err
		}
	}
	result := make([]Conversation, 0, len(found))
	for _, id := range wanted {
		if conversation, ok := found[strings.ToLower(id)]; ok {
			result = append(result, conversation)
		}
	}
	return result, nil
}

// collect puts into found what exists of the ids.
func (c *Client) collect(ctx context.Context, ids []string, found map[string]Conversation) error {
	if len(ids) <= 1 || c.listsFail.Load() {
		return c.collectSingly(ctx, ids, found)
	}
	before := len(found)
	err := c.collectList(ctx, ids, found)
	if refused(err) {
		before = len(found)
		if err := c.collectSingly(ctx, ids, found); err != nil {
			return err
		}
		// One id too many explains a refusal; a refusal of ids that all exist means that lists are not taken here.
		c.listsFail.CompareAndSwap(false, len(found)-before == len(ids))
		return nil
	}
	if err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := found[strings.ToLower(id)]; return ok })
	if len(left) <= fewIDs || len(found) == before {
		return c.collectSingly(ctx, left, found)
	}
	return c.collect(ctx, left, found)
}

// refused tells the answers that a list of ids may get where a single id gets none.
func refused(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	return ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound || e.Status == http.StatusRequestURITooLong)
}

func (c *Client) collectSingly(ctx context.Context, ids []string, found map[string]Conversation) error {
	for _, id := range ids {
		if err := c.collectList(ctx, []string{id}, found); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// collectList makes one request for the ids.
func (c *Client) collectList(ctx context.Context, ids []string, found map[string]Conversation) error {
	escaped := make([]string, len(ids))
	for i, id := range ids {
		escaped[i] = url.PathEscape(id)
	}
	q := request{method: http.MethodGet, path: "/v1/conversations/" + strings.Join(escaped, ","), role: roleConversation}
	list, err := read(ctx, c, q, func(r *httpx.Response) ([]resource, error) {
		e, err := parse(r)
		if err != nil {
			return nil, err
		}
		list, err := oneOrMore(e.Data, "conversation")
		if err != nil {
			return nil, r.Unreadable(err)
		}
		asked := slices.DeleteFunc(consistent(list), func(row resource) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(row.ID.Text, id) })
		})
		if len(ids) == 1 && len(list) > 0 && len(asked) == 0 {
			return nil, r.Unreadable(errOther)
		}
		return asked, nil
	})
	if err != nil {
		return missing(err)
	}
	for _, row := range list {
		found[strings.ToLower(row.ID.Text)] = decodeConversation(row)
	}
	return nil
}
