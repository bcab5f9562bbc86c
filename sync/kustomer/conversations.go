package kustomer

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"acsync/sync/httpx"
)

const (
	// listIDs is how many ids one request names. No maximum is documented; fifty keep the address short.
	listIDs = 50
	// fewIDs is how many conversations that are missing from a list are asked for one by one.
	fewIDs = 3
)

// batchGetter reads many conversations by their ids.
type batchGetter struct {
	api       *api
	listsFail atomic.Bool // conversations cannot be had by a list of ids here
}

// Conversations returns the conversations with the given ids, as they are now, in the order of the ids. Those
// that do not exist are not in the result.
//
// Several ids are named in one request where Kustomer takes that (documented; the maximum is unknown). A
// conversation that is missing from a list counts as not existing only after it was asked for by itself: a
// list may have been cut. So it does when something else always comes in its place.
func (g *batchGetter) Conversations(ctx context.Context, ids []string) ([]Conversation, error) {
	wanted := make([]string, 0, len(ids))
	for _, id := range ids {
		if addressable(id) && !slices.Contains(wanted, id) {
			wanted = append(wanted, id)
		}
	}
	found := make(foundConversations, len(wanted))
	for chunk := range slices.Chunk(wanted, listIDs) {
		if err := g.collect(ctx, chunk, found); err != nil {
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

// foundConversations are conversations by their ids in lower case.
type foundConversations map[string]Conversation

// missing returns those of the ids that were not found.
func (f foundConversations) missing(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, ok := f[strings.ToLower(id)]
		return ok
	})
}

// collect puts into found what exists of the ids.
func (g *batchGetter) collect(ctx context.Context, ids []string, found foundConversations) error {
	if len(ids) <= 1 || g.listsFail.Load() {
		return g.collectSingly(ctx, ids, found)
	}
	err := g.collectList(ctx, ids, found)
	if isListRefused(err) {
		if err := g.collectSingly(ctx, ids, found); err != nil {
			return err
		}
		// One id too many explains a refusal; a refusal of ids that all exist means that lists are not taken
		// here.
		g.listsFail.CompareAndSwap(false, len(found.missing(ids)) == 0)
		return nil
	}
	if err != nil {
		return err
	}
	left := found.missing(ids)
	if len(left) <= fewIDs || len(left) == len(ids) {
		return g.collectSingly(ctx, left, found)
	}
	return g.collect(ctx, left, found)
}

// isListRefused reports whether err is an answer that a list of ids may get where a single id gets none.
func isListRefused(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	statuses := []int{http.StatusBadRequest, http.StatusNotFound, http.StatusRequestURITooLong}
	return ok && slices.Contains(statuses, e.Status)
}

func (g *batchGetter) collectSingly(ctx context.Context, ids []string, found foundConversations) error {
	for _, id := range ids {
		if err := g.collectList(ctx, []string{id}, found); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// collectList makes one request for the ids.
func (g *batchGetter) collectList(ctx context.Context, ids []string, found foundConversations) error {
	escaped := make([]string, len(ids))
	for i, id := range ids {
		escaped[i] = url.PathEscape(id)
	}
	q := request{path: "/v1/conversations/" + strings.Join(escaped, ","), role: roleConversation}
	list, err := read(ctx, g.api, q, func(r *httpx.Response) ([]resource, error) {
		return decodeThese(r, "conversation", ids)
	})
	for _, row := range list {
		found[strings.ToLower(row.ID.Text)] = decodeConversation(row)
	}
	return asNotFound(err)
}
