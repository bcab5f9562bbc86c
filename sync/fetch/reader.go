package fetch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
)

const (
	rereads     = 5               // attempts to read what does not add up
	settlePause = 2 * time.Second // between two of them
)

// reader reads windows whole, whatever Kustomer's search returns at once.
type reader struct {
	Options
	clock *serverClock
}

// lot is what one search returned: a window, or a part of one that cannot be cut by time.
type lot struct {
	query    kustomer.Query
	rows     []kustomer.Conversation
	complete bool // with this lot the window is read to its end
}

// sweep gives windows of the splitter's choice to take, in the order of time; an error of take ends it.
func (r *reader) sweep(ctx context.Context, windows *splitter, take func(lot) error) error {
	for window, ok := windows.next(); ok; window, ok = windows.next() {
		q := kustomer.Query{From: window.From, To: window.To, PageSize: r.Limits.Page}
		first, err := r.search(ctx, q)
		if err != nil {
			return err
		}
		if r.overflows(first) && windows.shrink(window, r.clock.resolutions(first.Items), first.Total) {
			continue
		}
		total, err := r.whole(ctx, q, first, take)
		if err != nil {
			return err
		}
		windows.observe(window, total)
	}
	return nil
}

func (r *reader) search(ctx context.Context, q kustomer.Query) (page, error) {
	found, err := r.Source.SearchConversations(ctx, q)
	if err != nil {
		return found, fmt.Errorf("search %s: %w", Window{q.From, q.To}, err)
	}
	return r.mended(ctx, found)
}

// mended is a page whose broken rows are read by their ids. What cannot be read then either is missing from it,
// as what is hidden from the key.
func (r *reader) mended(ctx context.Context, p page) (page, error) {
	ids := slices.DeleteFunc(slices.Clone(p.Broken), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return p, nil
	}
	rows, err := r.Source.Conversations(ctx, ids)
	if err != nil && !errors.Is(err, kustomer.ErrUnreadable) {
		return p, fmt.Errorf("read conversations (%d) whose rows in a search are broken: %w", len(ids), err)
	}
	p.Items = append(p.Items, rows...)
	return p, nil
}

func (r *reader) count(ctx context.Context, w Window) (int, error) {
	found, err := r.search(ctx, kustomer.Query{From: w.From, To: w.To, PageSize: r.Limits.Page})
	return found.Total, err
}

func (r *reader) overflows(p page) bool { return p.Total > r.Limits.Page || p.TotalPages > 1 }

// whole reads a window whose first page is at hand, and counts its rows: at once if that is all, else in
// parts by time of creation, and page by page when those do not give all.
func (r *reader) whole(ctx context.Context, q kustomer.Query, first page, take func(lot) error) (int, error) {
	if r.overflows(first) {
		rows, err := r.parts(ctx, q, first, take)
		if err != nil {
			return 0, err
		}
		if rows >= first.Total && rows > 0 {
			return rows, take(lot{query: q, complete: true})
		}
		// A part lacks rows, such as those without a time of creation.
		if first, err = r.search(ctx, q); err != nil {
			return 0, err
		}
	}
	return r.give(ctx, q, first, true, take)
}

// parts reads a window by time of creation as far as that can be cut; one instant is read page by page.
func (r *reader) parts(ctx context.Context, q kustomer.Query, first page, take func(lot) error) (int, error) {
	sum := 0
	for _, part := range splitByCreation(q, first, r.Limits.Target) {
		first, err := r.search(ctx, part)
		if err != nil {
			return 0, err
		}
		var rows int
		if r.overflows(first) && splitByCreation(part, first, r.Limits.Target) != nil {
			rows, err = r.parts(ctx, part, first, take)
		} else {
			rows, err = r.give(ctx, part, first, false, take)
		}
		if err != nil {
			return 0, err
		}
		sum += rows
	}
	return sum, nil
}

// give reads and gives all rows of a query that is not to be cut, and returns their number.
func (r *reader) give(
	ctx context.Context, q kustomer.Query, first page, complete bool, take func(lot) error,
) (int, error) {
	rows, err := r.all(ctx, q, first)
	if err != nil {
		return 0, err
	}
	return len(rows), take(lot{q, r.upTo(q.To, rows), complete})
}

// all is every row of a query that is not to be cut. Rows that leave or enter meanwhile shift the later
// pages: what does not add up is read again, and rows are collected over the readings.
func (r *reader) all(ctx context.Context, q kustomer.Query, first page) ([]kustomer.Conversation, error) {
	united := map[string]kustomer.Conversation{}
	var last page
	for attempt := range rereads {
		if first.Total >= r.Limits.Rows || first.TotalPages > r.Limits.Pages {
			return nil, &OverflowError{At: q.From, Rows: first.Total}
		}
		rows, steady, err := r.gather(ctx, q, first)
		if err != nil {
			return nil, err
		}
		maps.Copy(united, rows)
		single := !r.overflows(first)
		repeated := first.Total == last.Total && len(first.Items) == len(last.Items) &&
			len(united) == len(rows)
		switch {
		case steady && len(rows) == first.Total, single && len(first.Items) >= first.Total:
			return slices.Collect(maps.Values(rows)), nil
		case steady && !single && len(united) >= first.Total:
			return slices.Collect(maps.Values(united)), nil
		// Rows of a single page that the server counts and twice does not return are hidden from this key:
		// that does not hold up the rest. Where there are several pages they may just as well have been
		// missed, and the checkpoint stays.
		case single && attempt > 0 && repeated:
			r.Unseen(first.Total - len(rows))
			return slices.Collect(maps.Values(rows)), nil
		}
		last = first
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(settlePause):
		}
		if first, err = r.search(ctx, q); err != nil {
			return nil, err
		}
	}
	return nil, &UnsteadyError{Window: Window{q.From, q.To}}
}

// gather reads the pages behind the first and gives all rows by id; steady: the count stayed the same.
func (r *reader) gather(
	ctx context.Context, q kustomer.Query, first page,
) (rows map[string]kustomer.Conversation, steady bool, err error) {
	rows = map[string]kustomer.Conversation{}
	next := first
	for q.Page = 2; ; q.Page++ {
		for _, row := range next.Items {
			rows[row.ID] = row
		}
		if q.Page > first.TotalPages {
			return rows, true, nil
		}
		if next, err = r.search(ctx, q); err != nil || next.Total != first.Total {
			return rows, false, err
		}
	}
}

// upTo sorts rows, without repeated ones and those done again after the window's end: a later one has them.
func (r *reader) upTo(end time.Time, rows []kustomer.Conversation) []kustomer.Conversation {
	rows = slices.DeleteFunc(rows, func(row kustomer.Conversation) bool {
		done := row.LastDone
		return done != nil && !done.At.Before(end) && !decide.SameResolution(done.At, end) &&
			!r.clock.outside(row)
	})
	slices.SortFunc(rows, func(a, b kustomer.Conversation) int {
		return strings.Compare(decide.KeyOf(a).Conversation, decide.KeyOf(b).Conversation)
	})
	same := func(a, b kustomer.Conversation) bool { return decide.KeyOf(a) == decide.KeyOf(b) }
	return slices.CompactFunc(rows, same)
}

// OverflowError is an instant with more conversations than a search returns: the checkpoint stays before it.
type OverflowError struct {
	At   time.Time
	Rows int // as the server counts them
}

// Error says what happened and what to do.
func (e *OverflowError) Error() string {
	return fmt.Sprintf("at least %d conversations were marked done at the same instant, %s, and created at "+
		"the same: more than one search can return. Everything before that instant is done, and the "+
		"checkpoint stays there. Find out which bulk job closed them; reopening and closing them again in "+
		"smaller lots lets the next pass go on", e.Rows, decide.Format(e.At))
}

// UnsteadyError tells that a window could not be read to its end: its pages did not add up.
type UnsteadyError struct{ Window }

// Error says what happened and what to do.
func (e *UnsteadyError) Error() string {
	return fmt.Sprintf("the conversations marked done from %s did not add up in %d attempts: Kustomer "+
		"counts more than its pages hold, or another number on each. The checkpoint stays before them, and "+
		"the next pass tries again", e.Window, rereads)
}

// ExitClass returns the code that the process ends with.
func (*UnsteadyError) ExitClass() exit.Code { return exit.Temporary }

// Estimate is about how many conversations a window holds, by what Kustomer counts.
type Estimate struct {
	Conversations int
	Rough         bool // projected from a sample: Kustomer's search counts no more than 10,000 (observed)
	More          bool // there are that many at least
}

// estimate counts with one search, which counts at most so many. Where there are more, a sample from the
// middle of the window projects them: of a week if it can, so that each weekday has its part.
func estimate(
	ctx context.Context, w Window, most int, count func(context.Context, Window) (int, error),
) (Estimate, error) {
	if w.Empty() {
		return Estimate{}, nil
	}
	total, err := count(ctx, w)
	if err != nil || total < most {
		return Estimate{Conversations: total}, err
	}
	atLeast := Estimate{Conversations: total, More: true}
	whole := w.To.Sub(w.From)
	for _, length := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour} {
		if whole < 2*length {
			continue
		}
		from := w.From.Add((whole - length) / 2).Truncate(time.Millisecond)
		sample, err := count(ctx, Window{from, from.Add(length)})
		if err != nil || sample >= most {
			return atLeast, err
		}
		projected := math.Round(float64(sample) * float64(whole) / float64(length))
		return Estimate{Conversations: max(total, int(projected)), Rough: true}, nil
	}
	return atLeast, nil
}
