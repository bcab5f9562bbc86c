package sync

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/sync/kustomer"
)

// Batch is what one search returned, decided: a window, or a part of one that cannot be cut by time.
type Batch struct {
	Window
	Cases    []Case
	Complete bool      // with this batch the window is read to its end
	Read     time.Time // this machine's clock when it was read
}

const (
	mostParts = 32 // parts that an instant is cut into at once
	rereads   = 5  // attempts to read what changes between its pages
)

// read reads windows of the tiler's choice and gives each, decided, to yield, in the order of time. It ends early when
// yield tells false.
func (c *collector) read(ctx context.Context, tiles *tiler, yield func(Batch) bool) error {
	for window, ok := tiles.next(); ok; window, ok = tiles.next() {
		q := kustomer.Query{From: window.From, To: window.To, PageSize: c.reach.page}
		page, err := c.search(ctx, q)
		if err != nil {
			return err
		}
		if c.overflows(page) && tiles.narrow(window, resolutions(page.Items), page.Total) {
			continue
		}
		total, err := c.part(ctx, q, page, true, yield)
		if err != nil || total < 0 {
			return err
		}
		tiles.learn(window, total)
	}
	return nil
}

func (c *collector) search(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := c.source.SearchConversations(ctx, q)
	if err != nil {
		return page, fmt.Errorf("search %s: %w", Window{q.From, q.To}, err)
	}
	return page, nil
}

// overflows tells whether a query has more rows than the page. A page that lacks rows which the server counts is not the
// whole either.
func (c *collector) overflows(p kustomer.Page[kustomer.Conversation]) bool {
	return p.Total > min(c.reach.page, len(p.Items)) || p.TotalPages > 1
}

func resolutions(rows []kustomer.Conversation) []time.Time {
	var times []time.Time
	for _, row := range rows {
		if row.LastDone != nil {
			times = append(times, row.LastDone.At)
		}
	}
	return times
}

// part decides what a query selects, of which the first page is at hand: at once when that is all, else in parts by time
// of creation, else page by page. It returns how many rows there are, or a negative number when yield wants no more.
func (c *collector) part(ctx context.Context, q kustomer.Query, page kustomer.Page[kustomer.Conversation], complete bool, yield func(Batch) bool) (int, error) {
	rows := page.Items
	if c.overflows(page) {
		if parts := splitByCreation(q, page, c.reach.target); parts != nil {
			return c.parts(ctx, parts, complete, yield)
		}
		var err error
		if rows, err = c.pages(ctx, q, page); err != nil {
			return 0, err
		}
	}
	window, read := Window{q.From, q.To}, time.Now()
	cases, err := c.decide(ctx, q, within(window, rows))
	if err != nil {
		return 0, err
	}
	if !yield(Batch{Window: window, Cases: cases, Complete: complete, Read: read}) {
		return -1, nil
	}
	return len(rows), nil
}

// parts reads the parts of a query one after the other. The window is complete with the last.
func (c *collector) parts(ctx context.Context, parts []kustomer.Query, complete bool, yield func(Batch) bool) (int, error) {
	sum := 0
	for i, q := range parts {
		page, err := c.search(ctx, q)
		if err != nil {
			return 0, err
		}
		total, err := c.part(ctx, q, page, complete && i == len(parts)-1, yield)
		if err != nil || total < 0 {
			return total, err
		}
		sum += total
	}
	return sum, nil
}

// splitByCreation cuts a query for one instant at times of creation that the rows at hand have, so that no part has them
// all. It returns nil when that does not go.
func splitByCreation(q kustomer.Query, page kustomer.Page[kustomer.Conversation], target int) []kustomer.Query {
	var created []time.Time
	for _, row := range page.Items {
		if row.CreatedAt.IsZero() {
			return nil // criteria for the creation would leave such rows out
		}
		created = append(created, row.CreatedAt.Truncate(time.Millisecond))
	}
	slices.SortFunc(created, time.Time.Compare)
	created = slices.CompactFunc(created, time.Time.Equal)
	cuts := quantiles(created, min((page.Total+target-1)/target, mostParts))
	if len(created) == 1 { // that instant by itself, and what lies before and after it
		cuts = []time.Time{created[0], created[0].Add(time.Millisecond)}
	}
	bounds := []time.Time{q.CreatedFrom}
	for _, cut := range cuts {
		if cut.After(q.CreatedFrom) && (q.CreatedTo.IsZero() || cut.Before(q.CreatedTo)) {
			bounds = append(bounds, cut)
		}
	}
	if len(bounds) == 1 {
		return nil
	}
	bounds = append(bounds, q.CreatedTo)
	parts := make([]kustomer.Query, len(bounds)-1)
	for i := range parts {
		parts[i] = q
		parts[i].CreatedFrom, parts[i].CreatedTo = bounds[i], bounds[i+1]
	}
	return parts
}

// quantiles are the values at which a sorted list falls into n parts of about the same size; never the first value.
func quantiles(sorted []time.Time, n int) []time.Time {
	var cuts []time.Time
	for i := 1; i < n; i++ {
		if at := i * len(sorted) / n; at > 0 && (len(cuts) == 0 || sorted[at].After(cuts[len(cuts)-1])) {
			cuts = append(cuts, sorted[at])
		}
	}
	return cuts
}

// pages reads a query that cannot be cut page by page. Rows that leave or enter meanwhile shift the later pages, so
// that what changed between its pages is read again. Rows that the server counts each time and never returns are hidden
// from this key: that is told, and does not hold up the rest.
func (c *collector) pages(ctx context.Context, q kustomer.Query, first kustomer.Page[kustomer.Conversation]) ([]kustomer.Conversation, error) {
	page, hidden := first, 0
	for range rereads {
		if page.Total >= c.reach.rows || page.TotalPages > c.reach.pages {
			return nil, &OverflowError{At: q.From, Rows: page.Total}
		}
		rows, steady, err := c.rest(ctx, q, page)
		if err != nil {
			return nil, err
		}
		missing := page.Total - distinct(rows)
		switch {
		case steady && missing == 0:
			return rows, nil
		case steady && missing > 0 && missing == hidden:
			c.unseen(q, missing)
			return rows, nil
		case steady:
			hidden = missing
		}
		if page, err = c.search(ctx, q); err != nil {
			return nil, err
		}
	}
	return nil, &UnsteadyError{Window: Window{q.From, q.To}}
}

// rest reads the pages behind the first; steady tells that the count stayed the same.
func (c *collector) rest(ctx context.Context, q kustomer.Query, first kustomer.Page[kustomer.Conversation]) (rows []kustomer.Conversation, steady bool, err error) {
	rows = slices.Clone(first.Items)
	for q.Page = 2; q.Page <= first.TotalPages; q.Page++ {
		page, err := c.search(ctx, q)
		if err != nil {
			return nil, false, err
		}
		if page.Total != first.Total {
			return nil, false, nil
		}
		rows = append(rows, page.Items...)
	}
	return rows, true, nil
}

func distinct(rows []kustomer.Conversation) int {
	ids := map[string]bool{}
	for _, row := range rows {
		ids[row.ID] = true
	}
	return len(ids)
}

// within sorts the rows of a search and drops what is not the window's: repeated rows, and conversations that were
// marked done again after the window's end, which a later window holds.
func within(w Window, rows []kustomer.Conversation) []kustomer.Conversation {
	rows = slices.DeleteFunc(rows, func(row kustomer.Conversation) bool {
		return row.LastDone != nil && !row.LastDone.At.Before(w.To)
	})
	slices.SortFunc(rows, func(a, b kustomer.Conversation) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(rows, func(a, b kustomer.Conversation) bool { return a.ID == b.ID })
}

// OverflowError tells that more conversations bear one and the same instant than a search can return. Nothing of the
// instant was decided, and the checkpoint stays before it.
type OverflowError struct {
	At   time.Time
	Rows int // as the server counts them
}

// Error says what happened and what to do.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("at least %d conversations were marked done at the same instant, %s, and created at the same: more than "+
		"one search can return. Everything before that instant is done, and the checkpoint stays there. Find out which bulk job "+
		"closed them; reopening and closing them again in smaller lots lets the next pass go on",
		e.Rows, e.At.UTC().Format(timeLayout))
}

// UnsteadyError tells that a window changed each time while its pages were read.
type UnsteadyError struct{ Window }

// Error says what happened and what to do.
func (e *UnsteadyError) Error() string {
	return fmt.Sprintf("the conversations marked done from %s changed each of the %d times that their pages were read; the "+
		"checkpoint stays before them, and the next pass tries again", e.Window, rereads)
}
