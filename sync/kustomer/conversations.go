package kustomer

import (
	"context"
	"errors"
	"fmt"
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
	// failuresInARow is how many conversations in a row must fail by themselves before the fault is not theirs.
	failuresInARow = 5
)

// batchGetter reads many conversations by their ids.
type batchGetter struct {
	api       *api
	listsFail atomic.Bool // conversations cannot be had by a list of ids here
}

// Conversations returns the conversations with the given ids, as they are now, in the order of the ids. Those
// that do not exist are not in the result. Those that Kustomer does not give, although it answers, are named
// by an *UnreadableError, which comes with the others.
//
// Several ids are named in one request where Kustomer takes that (documented; the maximum is unknown), and a
// list that fails is halved, so that one record holds up no other. A conversation that is missing from a list
// counts as not existing only after it was asked for by itself: a list may have been cut. So it does when
// something else always comes in its place.
func (g *batchGetter) Conversations(ctx context.Context, ids []string) ([]Conversation, error) {
	wanted := make([]string, 0, len(ids))
	for _, id := range ids {
		if addressable(id) && !slices.Contains(wanted, id) {
			wanted = append(wanted, id)
		}
	}
	found := &foundConversations{wanted: wanted, byID: make(map[string]Conversation, len(wanted))}
	for chunk := range slices.Chunk(wanted, listIDs) {
		if err := g.collect(ctx, chunk, found); err != nil {
			return nil, err
		}
	}
	result := make([]Conversation, 0, len(found.byID))
	for _, id := range wanted {
		if conversation, ok := found.byID[strings.ToLower(id)]; ok {
			result = append(result, conversation)
		}
	}
	if len(found.unreadable.IDs) > 0 {
		return result, &found.unreadable
	}
	return result, nil
}

// UnreadableError names records that Kustomer does not give, although it answers; it is ErrUnreadable.
type UnreadableError struct {
	IDs []string
	Err error // of the last of them
}

// Error says what happened to the last of them.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("conversations that cannot be read: %d, such as %s: %v", len(e.IDs), e.IDs[0], e.Err)
}

// Unwrap gives the failure of the last of them.
func (e *UnreadableError) Unwrap() error { return e.Err }

// foundConversations are conversations by their ids in lower case, and those that cannot be read.
type foundConversations struct {
	wanted     []string
	byID       map[string]Conversation
	unreadable UnreadableError
	inARow     int // the last so many that were asked for by themselves could not be read
}

// missing returns those of the ids that were not found.
func (f *foundConversations) missing(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, ok := f.byID[strings.ToLower(id)]
		return ok
	})
}

// failed takes in that a conversation could not be read. When so many could not, one after the other, it
// returns the failure: that is no longer about a record.
func (f *foundConversations) failed(id string, err error) error {
	if f.inARow++; f.inARow >= failuresInARow {
		return asService(err)
	}
	f.unreadable.IDs, f.unreadable.Err = append(f.unreadable.IDs, id), err
	return nil
}

// collect puts into found what exists of the ids.
func (g *batchGetter) collect(ctx context.Context, ids []string, found *foundConversations) error {
	if len(ids) <= 1 || g.listsFail.Load() {
		return g.collectSingly(ctx, ids, found)
	}
	err := g.collectList(ctx, ids, found)
	switch {
	case isListRefused(err):
		if err := g.collectSingly(ctx, ids, found); err != nil {
			return err
		}
		// One id too many explains a refusal; a refusal of ids that all exist means that lists are not taken
		// here.
		g.listsFail.CompareAndSwap(false, len(found.missing(ids)) == 0)
		return nil
	case errors.Is(err, ErrUnreadable):
		middle := len(ids) / 2
		if err := g.collect(ctx, ids[:middle], found); err != nil {
			return err
		}
		return g.collect(ctx, ids[middle:], found)
	case err != nil:
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

func (g *batchGetter) collectSingly(ctx context.Context, ids []string, found *foundConversations) error {
	for _, id := range ids {
		err := g.collectList(ctx, []string{id}, found)
		switch {
		case errors.Is(err, ErrUnreadable):
			if found.inARow+1 >= failuresInARow && g.stillReads(ctx, found) {
				found.inARow = 0
			}
			err = found.failed(id, err)
		case err == nil, errors.Is(err, ErrNotFound):
			found.inARow, err = 0, nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stillReads reports whether others are read: one that was before, or else one of the last of the wanted.
// Then what fails in a row does so by its own fault.
func (g *batchGetter) stillReads(ctx context.Context, found *foundConversations) bool {
	const most = 3
	others := slices.Clone(found.wanted[max(len(found.wanted)-most, 0):])
	for id := range found.byID {
		others = []string{id}
		break
	}
	return slices.ContainsFunc(others, func(id string) bool {
		again := &foundConversations{byID: map[string]Conversation{}}
		return g.collectList(ctx, []string{id}, again) == nil
	})
}

// collectList makes one request for the ids.
func (g *batchGetter) collectList(ctx context.Context, ids []string, found *foundConversations) error {
	escaped := make([]string, len(ids))
	for i, id := range ids {
		escaped[i] = url.PathEscape(id)
	}
	q := request{path: "/v1/conversations/" + strings.Join(escaped, ","), role: roleConversation}
	list, err := read(ctx, g.api, q, func(r *httpx.Response) ([]row[Conversation], error) {
		return decodeThese(r, conversations, ids)
	})
	for _, row := range list {
		found.byID[strings.ToLower(row.id)] = row.value
	}
	return ofRecord(err)
}
