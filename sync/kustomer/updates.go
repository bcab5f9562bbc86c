package kustomer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"acsync/sync/exit"
)

const (
	updatesKept   = 100_000         // conversations changed in a range, at most: they are kept in memory
	updatesFresh  = 5 * time.Minute // how long what was read answers searches
	updatesLate   = time.Minute     // what was marked done so shortly before the reading may not show yet
	updatesTarget = 400             // rows that one search aims at
	updatesTries  = 3               // readings of what does not add up
	updatesAsks   = 2               // attempts at a search that can be cut
)

// updates finds the conversations of a window without a search for when they were marked done: it reads all
// that are done and were changed since the window's beginning, and looks itself when each was marked done.
// Whoever marks a conversation done changes it, so that none is left out.
//
// It reads from the past to now, and to the open end last: what is changed meanwhile moves there, and is met
// again. What was read answers the searches of a few minutes.
type updates struct {
	api  *api
	read func(context.Context, []string) ([]Conversation, error) // by id
	most int                                                     // conversations that are looked through

	mu sync.Mutex
	reading
}

// reading is what was read at one time.
type reading struct {
	since  time.Time // what was changed from here on was read
	until  time.Time // by Kustomer's clock, when the reading began; zero: nothing was read
	at     time.Time // the same by this machine's
	rows   []Conversation
	broken []string // cannot be read at all; of no time that is known
	hidden int      // counted and not shown; of no time that is known
}

// search answers a query as a search for when conversations were marked done would. What is of no time that
// is known is counted where the reading begins.
func (u *updates) search(ctx context.Context, q Query) (Page[Conversation], error) {
	q, err := q.checked()
	if err != nil {
		return Page[Conversation]{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	fresh := !u.until.IsZero() && time.Since(u.at) < updatesFresh && !q.To.After(u.until.Add(-updatesLate))
	if !fresh || q.From.Before(u.since) {
		if err := u.scan(ctx, q.From); err != nil {
			return Page[Conversation]{}, err
		}
	}
	var found []Conversation
	for _, c := range u.rows {
		if within(doneAt(c), q.From, q.To) && within(c.CreatedAt, q.CreatedFrom, q.CreatedTo) {
			found = append(found, c)
		}
	}
	page := Page[Conversation]{Total: len(found), At: u.until.Add(time.Since(u.at)).Truncate(time.Second)}
	if q.From.Equal(u.since) && q.CreatedFrom.IsZero() && q.CreatedTo.IsZero() {
		page.Broken = slices.Clone(u.broken)
		page.Total += len(u.broken) + u.hidden
	}
	page.TotalPages = (page.Total + q.PageSize - 1) / q.PageSize
	first := min((q.Page-1)*q.PageSize, len(found))
	page.Items = found[first:min(first+q.PageSize, len(found))]
	return page, nil
}

// within reports whether a time lies in [from, to); a zero end is open.
func within(at, from, to time.Time) bool {
	return !at.Before(from) && (to.IsZero() || at.Before(to))
}

// doneAt is when a conversation was marked done. Where that cannot be read it is when it was changed last: a
// search would have found it, and it must not be lost.
func doneAt(c Conversation) time.Time {
	if c.LastDone != nil {
		return c.LastDone.At
	}
	return c.UpdatedAt
}

// scan reads what was changed since a time.
func (u *updates) scan(ctx context.Context, since time.Time) error {
	began := time.Now()
	next := &updates{api: u.api, read: u.read, most: u.most, reading: reading{since: since, at: began}}
	byID := map[string]Conversation{}
	end, width := began, time.Hour // at the end begins the open window
	for from := since; ; {
		to := from.Add(width)
		open := !to.Before(end)
		if open {
			to = time.Time{}
		}
		page, err := next.changed(ctx, from, to, 1)
		narrow := err == nil && (page.Total > maxPageSize || page.TotalPages > 1)
		if (narrow || errors.Is(err, ErrUnanswered)) && width > time.Millisecond {
			share := 0.5
			if narrow {
				share = min(share, updatesTarget/float64(max(page.Total, 1)))
			}
			if open {
				width = max(min(width, end.Sub(from)), 2*time.Millisecond)
			}
			width = max(time.Duration(float64(width)*share).Truncate(time.Millisecond), time.Millisecond)
			// The open window was too much as well.
			if limit := from.Add(width + time.Millisecond); end.Before(limit) {
				end = limit
			}
			continue
		}
		if err != nil {
			return asService(err)
		}
		if next.until.IsZero() {
			next.until = page.At
		}
		rows, err := next.whole(ctx, from, to, page, byID)
		if err != nil {
			return err
		}
		if len(byID) > u.most {
			return exit.New(exit.Usage, fmt.Sprintf("more than %d conversations were changed since %s, and with "+
				"kustomer.search_by = \"updated_at\" all of them are looked through: begin later, or search by "+
				"\"done_at\"", u.most, since.UTC().Format(time.RFC3339)))
		}
		if open {
			break
		}
		from = to
		if rows < updatesTarget/2 {
			width *= 2
		}
	}
	if next.until.IsZero() {
		next.until = began
	}
	if err := next.mend(ctx, byID); err != nil {
		return err
	}
	for _, c := range byID {
		// What was changed and not marked done since is of no window that can be asked for.
		if (c.LastDone != nil || c.DoneUnread) && !doneAt(c).Before(since) {
			next.rows = append(next.rows, c)
		}
	}
	slices.SortFunc(next.rows, func(a, b Conversation) int {
		return cmp.Or(doneAt(a).Compare(doneAt(b)), strings.Compare(a.ID, b.ID))
	})
	u.reading = next.reading
	return nil
}

// changed is a page of the conversations that are done and were changed in [from, to); a zero end is open.
func (u *updates) changed(ctx context.Context, from, to time.Time, page int) (Page[Conversation], error) {
	by := searchKind{by: "conversation_updated_at", sort: "conversation_updated_at", complete: true}
	return ask(ctx, u.api, Query{
		From: from, To: to, Page: page, PageSize: maxPageSize, Failures: updatesAsks,
	}, by, conversations)
}

// whole takes all of a window whose first page is at hand, and counts its rows. What is counted and comes in
// no reading is hidden from the key.
func (u *updates) whole(
	ctx context.Context, from, to time.Time, first Page[Conversation], into map[string]Conversation,
) (int, error) {
	rows, broken, lacking := map[string]Conversation{}, map[string]bool{}, 0
	for try := range updatesTries {
		for page, n := first, 1; ; {
			for _, c := range page.Items {
				rows[c.ID] = c
			}
			for i, id := range page.Broken {
				// Those without an id are told apart by where they stand.
				broken[cmp.Or(id, fmt.Sprintf(" %d.%d", n, i))] = true
			}
			if n++; n > min(first.TotalPages, maxPages) {
				break
			}
			var err error
			if page, err = u.changed(ctx, from, to, n); err != nil {
				return 0, err
			}
		}
		before := lacking
		lacking = max(0, first.Total-len(rows)-len(broken))
		if lacking == 0 || try > 0 && lacking == before && first.TotalPages <= 1 {
			break
		}
		if try == updatesTries-1 {
			return 0, exit.New(exit.Temporary, fmt.Sprintf("the conversations changed from %s on did not add up "+
				"in %d readings: Kustomer counts %d, and shows %d; the next pass tries again",
				from.UTC().Format(time.RFC3339Nano), updatesTries, first.Total, len(rows)))
		}
		var err error
		if first, err = u.changed(ctx, from, to, 1); err != nil {
			return 0, err
		}
	}
	for id, c := range rows {
		into[strings.ToLower(id)] = c
	}
	for id := range broken {
		u.broken = append(u.broken, strings.TrimSpace(strings.SplitN(id, " ", 2)[0]))
	}
	u.hidden += lacking
	return len(rows), nil
}

// mend reads by their ids what was broken in a search.
func (u *updates) mend(ctx context.Context, into map[string]Conversation) error {
	var ids, left []string
	for _, id := range u.broken {
		if id == "" {
			left = append(left, id)
		} else if _, known := into[strings.ToLower(id)]; !known {
			ids = append(ids, id)
		}
	}
	found, err := u.read(ctx, ids)
	if err != nil && !errors.Is(err, ErrUnreadable) {
		return err
	}
	for _, c := range found {
		into[strings.ToLower(c.ID)] = c
	}
	for _, id := range ids {
		if _, known := into[strings.ToLower(id)]; !known {
			left = append(left, id)
		}
	}
	u.broken = left
	return nil
}
