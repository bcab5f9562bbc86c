// Package fetch reads conversations from Kustomer, window by window or by their ids, joins them with what a decision
// needs, and has them decided.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
)

// Chunk is what one search returned, decided: a window, or a part of one that cannot be cut by time.
type Chunk struct {
	Window
	Cases    []decide.Case
	Complete bool      // with this batch the window is read to its end
	Read     time.Time // this machine's clock when it was read
}

const (
	mostParts = 32 // parts that an instant is cut into at once
	rereads   = 5  // attempts to read what does not add up

	settlePause = 2 * time.Second // between two of them
)

// Sweep reads a range, window by window, and gives each, decided, to yield, in the order of time. It ends early
// when yield tells false.
func (c *Fetcher) Sweep(ctx context.Context, w Window, yield func(Chunk) bool) error {
	if err := c.read(ctx, NewSplitter(w, c.limits), yield); !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// read reads windows of the tiler's choice and gives each, decided, to yield, in the order of time. It ends early when
// yield tells false.
func (c *Fetcher) read(ctx context.Context, tiles *Splitter, yield func(Chunk) bool) error {
	for window, ok := tiles.Next(); ok; window, ok = tiles.Next() {
		q := kustomer.Query{From: window.From, To: window.To, PageSize: c.limits.Page}
		page, err := c.search(ctx, q)
		if err != nil {
			return err
		}
		if c.overflows(page) && tiles.Shrink(window, c.resolutions(page.Items), page.Total) {
			continue
		}
		total, err := c.whole(ctx, q, page, yield)
		if err != nil || total < 0 {
			return err
		}
		tiles.Observe(window, total)
	}
	return nil
}

func (c *Fetcher) search(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := c.source.SearchConversations(ctx, q)
	if err != nil {
		return page, fmt.Errorf("search %s: %w", Window{q.From, q.To}, err)
	}
	return page, nil
}

// overflows tells whether a query has more rows than a page.
func (c *Fetcher) overflows(p kustomer.Page[kustomer.Conversation]) bool {
	return p.Total > c.limits.Page || p.TotalPages > 1
}

// resolutions are the times at which conversations were marked done, as far as they can be that.
func (c *Fetcher) resolutions(rows []kustomer.Conversation) []time.Time {
	var times []time.Time
	for _, row := range rows {
		if row.LastDone != nil && c.plausible(row.LastDone.At) {
			times = append(times, row.LastDone.At)
		}
	}
	return times
}

// whole reads a window, of which the first page is at hand: at once when that is all, else in parts by time of creation,
// and page by page when that does not give all. It returns how many rows there are, or a negative number when yield wants
// no more.
func (c *Fetcher) whole(ctx context.Context, q kustomer.Query, page kustomer.Page[kustomer.Conversation], yield func(Chunk) bool) (int, error) {
	if c.overflows(page) {
		rows, err := c.parts(ctx, q, page, yield)
		if err != nil || rows < 0 {
			return rows, err
		}
		if rows >= page.Total && rows > 0 {
			return rows, finish(yield, Window{q.From, q.To})
		}
		if page, err = c.search(ctx, q); err != nil { // a part lacks rows, such as those without a time of creation
			return 0, err
		}
	}
	rows, err := c.all(ctx, q, page)
	if err != nil {
		return 0, err
	}
	return c.decided(ctx, q, rows, true, yield)
}

// errEnough ends the reading because nobody takes any more; it is no failure.
var errEnough = errors.New("nobody takes any more")

// finish tells that a window is complete whose rows were given in parts.
func finish(yield func(Chunk) bool, w Window) error {
	if !yield(Chunk{Window: w, Complete: true, Read: time.Now()}) {
		return errEnough
	}
	return nil
}

// decided decides rows and gives them to yield.
func (c *Fetcher) decided(ctx context.Context, q kustomer.Query, rows []kustomer.Conversation, complete bool, yield func(Chunk) bool) (int, error) {
	window, read := Window{q.From, q.To}, time.Now()
	cases, err := c.Decide(ctx, q, c.found(c.upTo(window.To, rows)))
	if err != nil {
		return 0, err
	}
	cases = slices.DeleteFunc(cases, settled)
	if !yield(Chunk{Window: window, Cases: cases, Complete: complete, Read: read}) {
		return -1, nil
	}
	return len(rows), nil
}

// parts reads the parts of a window by time of creation, one after the other, as far as they can be cut. A part of one
// instant of creation that is more than a page is read page by page.
func (c *Fetcher) parts(ctx context.Context, q kustomer.Query, page kustomer.Page[kustomer.Conversation], yield func(Chunk) bool) (int, error) {
	sum := 0
	for _, part := range splitByCreation(q, page, c.limits.Target) {
		page, err := c.search(ctx, part)
		if err != nil {
			return 0, err
		}
		var rows int
		if c.overflows(page) && splitByCreation(part, page, c.limits.Target) != nil {
			rows, err = c.parts(ctx, part, page, yield)
		} else {
			var all []kustomer.Conversation
			if all, err = c.all(ctx, part, page); err == nil {
				rows, err = c.decided(ctx, part, all, false, yield)
			}
		}
		if err != nil || rows < 0 {
			return rows, err
		}
		sum += rows
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

// all is every row of a query that is not to be cut, of which the first page is at hand. Rows that leave or enter while
// its pages are read shift the later ones, so that what does not add up is read again after a while, and rows are
// collected over the readings. On a single page, rows that the server counts and twice does not return are hidden from
// this key: that is told, and does not hold up the rest. Where there are several pages they may just as well have been
// missed, and the checkpoint stays.
func (c *Fetcher) all(ctx context.Context, q kustomer.Query, page kustomer.Page[kustomer.Conversation]) ([]kustomer.Conversation, error) {
	united := map[string]kustomer.Conversation{}
	var last kustomer.Page[kustomer.Conversation]
	for attempt := range rereads {
		if page.Total >= c.limits.Rows || page.TotalPages > c.limits.Pages {
			return nil, &OverflowError{At: q.From, Rows: page.Total}
		}
		rows, steady, err := c.gather(ctx, q, page)
		if err != nil {
			return nil, err
		}
		maps.Copy(united, rows)
		single := !c.overflows(page)
		switch {
		case steady && len(rows) == page.Total, single && len(page.Items) >= page.Total:
			return slices.Collect(maps.Values(rows)), nil
		case steady && !single && len(united) >= page.Total:
			return slices.Collect(maps.Values(united)), nil
		case single && attempt > 0 && page.Total == last.Total && len(page.Items) == len(last.Items) && len(united) == len(rows):
			c.unseen(page.Total - len(rows))
			return slices.Collect(maps.Values(rows)), nil
		}
		last = page
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(settlePause):
		}
		if page, err = c.search(ctx, q); err != nil {
			return nil, err
		}
	}
	return nil, &UnsteadyError{Window: Window{q.From, q.To}}
}

// gather reads the pages behind the first and gives the rows of all by id; steady tells that the count stayed the same.
func (c *Fetcher) gather(ctx context.Context, q kustomer.Query, first kustomer.Page[kustomer.Conversation]) (rows map[string]kustomer.Conversation, steady bool, err error) {
	rows = map[string]kustomer.Conversation{}
	page := first
	for q.Page = 2; ; q.Page++ {
		for _, row := range page.Items {
			rows[row.ID] = row
		}
		if q.Page > first.TotalPages {
			return rows, true, nil
		}
		if page, err = c.search(ctx, q); err != nil || page.Total != first.Total {
			return rows, false, err
		}
	}
}

// upTo sorts the rows of a search and drops repeated ones, and conversations that were marked done again
// after the window's end, which a later window holds.
func (c *Fetcher) upTo(end time.Time, rows []kustomer.Conversation) []kustomer.Conversation {
	rows = slices.DeleteFunc(rows, func(row kustomer.Conversation) bool {
		done := row.LastDone
		return done != nil && !done.At.Before(end) && !decide.SameResolution(done.At, end) && !c.outside(row)
	})
	slices.SortFunc(rows, func(a, b kustomer.Conversation) int {
		return strings.Compare(decide.KeyOf(a).Conversation, decide.KeyOf(b).Conversation)
	})
	return slices.CompactFunc(rows, func(a, b kustomer.Conversation) bool { return decide.KeyOf(a) == decide.KeyOf(b) })
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
		e.Rows, e.At.UTC().Format(decide.TimeLayout))
}

// UnsteadyError tells that a window could not be read to its end: its pages did not add up.
type UnsteadyError struct{ Window }

// Error says what happened and what to do.
func (e *UnsteadyError) Error() string {
	return fmt.Sprintf("the conversations marked done from %s did not add up in %d attempts: Kustomer counts more than its pages "+
		"hold, or another number on each. The checkpoint stays before them, and the next pass tries again", e.Window, rereads)
}

// ExitClass returns the code that the process ends with.
func (*UnsteadyError) ExitClass() exit.Code { return exit.Temporary }
