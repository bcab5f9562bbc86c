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

	"acsync/store"
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
	// what is to be told of the window that is being read, once it is taken: else it is read, and told of,
	// again
	held []func()
}

// lot is what one search returned: a window, or a part of one that cannot be cut by time.
type lot struct {
	query    kustomer.Query
	rows     []kustomer.Conversation
	complete bool // with this lot the window is read to its end
}

// tally counts what a query holds.
type tally struct {
	rows   int
	unseen int // counted by Kustomer and not shown, or broken
}

func (t tally) all() int { return t.rows + t.unseen }

func (t *tally) add(other tally) {
	t.rows += other.rows
	t.unseen += other.unseen
}

// sweep gives windows of the splitter's choice to take, in the order of time; an error of take ends it. A
// window that is not answered, although others are, is read in halves, and a millisecond in scraps.
func (r *reader) sweep(ctx context.Context, windows *splitter, take func(lot) error) error {
	trial := &trial{
		source: r.Source, clock: r.clock, few: r.Limits.Target / 8,
		notice: func(format string, args ...any) { r.hold(func() { r.Notice(format, args...) }) },
		unread: func(n int) { r.hold(func() { r.Unread(n) }) },
	}
	r.held = nil
	for window, ok := windows.next(); ok; window, ok = windows.next() {
		if windows.shrunk > mostShrinks {
			return &UnsteadyError{Window: window}
		}
		q := kustomer.Query{From: window.From, To: window.To, PageSize: r.Limits.Page, Failures: tries}
		if windows.troubled(window) {
			q.Failures = triesInside
		}
		first, err := r.search(ctx, q)
		if err == nil && r.overflows(first) &&
			windows.shrink(window, r.clock.resolutions(first.Items), first.Total) {
			continue
		}
		var sum tally
		if err == nil {
			sum, err = r.whole(ctx, q, first, take)
		}
		if trial.ofQuery(ctx, q, err) {
			if windows.halve(window) {
				continue
			}
			sum, err = (&scraps{r, trial, take}).read(ctx, q)
			windows.blame(window.From)
		}
		if err == nil {
			err = trial.bear(window, sum.rows)
		}
		r.release(err)
		if ended := ctx.Err(); err != nil && ended != nil && !errors.Is(err, ended) {
			return fmt.Errorf("%w, after %w", ended, err)
		}
		if err != nil {
			return err
		}
		if sum.unseen > 0 {
			r.Unseen(sum.unseen)
		}
		trial.saw(window, first)
		windows.observe(window, sum.rows)
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

// mended is a page whose broken rows are read by their ids. What cannot be read then either stays broken,
// and so does what the ledger could not keep.
func (r *reader) mended(ctx context.Context, p page) (page, error) {
	var ids, broken []string
	for _, id := range p.Broken {
		if id == "" || len(id) > store.MaxID {
			broken = append(broken, id)
		} else {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		rows, err := r.Source.Conversations(ctx, ids)
		if err != nil && !errors.Is(err, kustomer.ErrUnreadable) {
			return p, fmt.Errorf("read conversations (%d) whose rows in a search are broken: %w", len(ids), err)
		}
		p.Items = append(p.Items, rows...)
		for _, id := range ids {
			same := func(row kustomer.Conversation) bool { return strings.EqualFold(row.ID, id) }
			if !slices.ContainsFunc(rows, same) {
				broken = append(broken, id)
			}
		}
	}
	p.Items = slices.DeleteFunc(p.Items, func(row kustomer.Conversation) bool {
		if len(row.ID) > store.MaxID {
			broken = append(broken, row.ID)
		}
		return len(row.ID) > store.MaxID
	})
	p.Broken = broken
	return p, nil
}

func (r *reader) count(ctx context.Context, w Window) (int, error) {
	q := kustomer.Query{From: w.From, To: w.To, PageSize: r.Limits.Page, Failures: tries}
	found, err := r.search(ctx, q)
	return found.Total, err
}

func (r *reader) overflows(p page) bool { return p.Total > r.Limits.Page || p.TotalPages > 1 }

// whole reads a window whose first page is at hand, and counts its rows: at once if that is all, else in
// parts by time of creation, and page by page when those do not give all.
func (r *reader) whole(
	ctx context.Context, q kustomer.Query, first page, take func(lot) error,
) (tally, error) {
	if r.overflows(first) {
		sum, err := r.parts(ctx, q, first, take)
		if err != nil {
			return sum, err
		}
		if sum.all() >= first.Total && sum.rows > 0 {
			return sum, take(lot{query: q, complete: true})
		}
		// A part lacks rows, such as those without a time of creation.
		if first, err = r.search(ctx, q); err != nil {
			return sum, err
		}
	}
	return r.give(ctx, q, first, true, take)
}

// parts reads a window by time of creation as far as that can be cut; one instant is read page by page.
func (r *reader) parts(
	ctx context.Context, q kustomer.Query, first page, take func(lot) error,
) (tally, error) {
	var sum tally
	for _, part := range splitByCreation(q, first, r.Limits.Target) {
		first, err := r.search(ctx, part)
		if err != nil {
			return sum, err
		}
		var found tally
		if r.overflows(first) && splitByCreation(part, first, r.Limits.Target) != nil {
			found, err = r.parts(ctx, part, first, take)
		} else {
			found, err = r.give(ctx, part, first, false, take)
		}
		if err != nil {
			return sum, err
		}
		sum.add(found)
	}
	return sum, nil
}

// give reads and gives all rows of a query that is not to be cut, and counts them.
func (r *reader) give(
	ctx context.Context, q kustomer.Query, first page, complete bool, take func(lot) error,
) (tally, error) {
	rows, unseen, err := r.all(ctx, q, first)
	if err != nil {
		return tally{}, err
	}
	return tally{len(rows), unseen}, take(lot{q, r.upTo(q.To, rows), complete})
}

// all is every row of a query that is not to be cut, and how many more Kustomer counts. Rows that leave or
// enter meanwhile shift the later pages: what does not add up is read again, and rows are collected over
// the readings.
func (r *reader) all(
	ctx context.Context, q kustomer.Query, first page,
) (rows []kustomer.Conversation, unseen int, err error) {
	united := map[string]kustomer.Conversation{}
	var last page
	for range rereads {
		switch {
		case first.Total >= r.Limits.Rows, first.TotalPages > r.Limits.Pages && first.Total > r.Limits.Page:
			return nil, 0, &OverflowError{At: q.From, Rows: first.Total}
		case first.TotalPages > r.Limits.Pages:
			return nil, 0, &UnsteadyError{Window: Window{q.From, q.To}}
		}
		got, err := r.gather(ctx, q, first)
		if err != nil {
			return nil, 0, err
		}
		maps.Copy(united, got.rows)
		single := !r.overflows(first)
		repeated := first.Total == last.Total && len(first.Items) == len(last.Items) &&
			len(united) == len(got.rows)
		switch {
		case got.steady && len(got.rows) == first.Total, single && len(first.Items) >= first.Total:
			return slices.Collect(maps.Values(got.rows)), 0, nil
		case got.steady && !single && len(united) >= first.Total:
			return slices.Collect(maps.Values(united)), 0, nil
		// Rows of a single page that the server counts and twice does not return are hidden from this key,
		// and rows may be broken: that does not hold up the rest. Where there are several pages, those that
		// are neither shown nor broken may just as well have been missed, and the checkpoint stays.
		case repeated && (single || got.steady && len(got.rows)+len(got.broken) >= first.Total):
			r.tell(q, got.broken)
			return slices.Collect(maps.Values(got.rows)), first.Total - len(got.rows), nil
		}
		last = first
		if err := r.settle(ctx); err != nil {
			return nil, 0, err
		}
		if first, err = r.search(ctx, q); err != nil {
			return nil, 0, err
		}
	}
	return nil, 0, &UnsteadyError{Window: Window{q.From, q.To}}
}

// settle waits until what did not add up may be read again.
func (r *reader) settle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(settlePause):
		return nil
	}
}

func (r *reader) hold(tell func()) { r.held = append(r.held, tell) }

// release tells what was held back of a window, unless nobody has taken that.
func (r *reader) release(err error) {
	if !errors.Is(err, errEnough) {
		for _, tell := range r.held {
			tell()
		}
	}
	r.held = nil
}

// tell names broken rows, as far as they have names.
func (r *reader) tell(q kustomer.Query, broken []string) {
	r.hold(func() { r.Unread(len(broken)) })
	for _, id := range broken {
		if len(id) > store.MaxID {
			r.hold(func() { r.noteLong(q, id) })
		}
	}
}

func (r *reader) noteLong(q kustomer.Query, id string) {
	r.Notice("not asked about: the conversation %.40q…, which was marked done from %s. Its id has %d "+
		"bytes, and no ledger keeps one of more than %d", id, Window{q.From, q.To}, len(id), store.MaxID)
}

// gathered is what the pages of a query held.
type gathered struct {
	rows   map[string]kustomer.Conversation // by id
	broken []string                         // ids of rows that cannot be read, empty where they have none
	steady bool                             // the count stayed the same, and each page brought something
}

// gather reads the pages behind the first.
func (r *reader) gather(ctx context.Context, q kustomer.Query, first page) (gathered, error) {
	got := gathered{rows: map[string]kustomer.Conversation{}}
	next := first
	for q.Page = 2; ; q.Page++ {
		known := len(got.rows) + len(got.broken)
		got.broken = append(got.broken, next.Broken...)
		for _, row := range next.Items {
			got.rows[row.ID] = row
		}
		if q.Page > first.TotalPages {
			got.steady = true
			return got, nil
		}
		// Pages without end may follow one that brings nothing new.
		if len(got.rows)+len(got.broken) == known {
			return got, nil
		}
		var err error
		if next, err = r.search(ctx, q); err != nil || next.Total != first.Total {
			return got, err
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
	return exit.Told(fmt.Sprintf("at least %d conversations were marked done at the same instant, %s, and "+
		"created at the same: more than one search can return. Everything before that instant is done, and "+
		"the checkpoint stays there", e.Rows, decide.Format(e.At)), e.Todo())
}

// Todo is what to do.
func (*OverflowError) Todo() string {
	return "find out which bulk job closed them; reopening and closing them again in smaller lots lets the " +
		"next pass go on"
}

// Topic is the one of the manual that tells more.
func (*OverflowError) Topic() string { return "troubleshooting" }

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

// countTo counts a window in halves, where one search does not count all, and no further than beyond most.
func countTo(
	ctx context.Context, w Window, rows, most int, count func(context.Context, Window) (int, error),
) (int, error) {
	total, err := count(ctx, w)
	if err != nil || total < rows || total > most {
		return total, err
	}
	middle := w.From.Add(w.To.Sub(w.From) / 2).Truncate(time.Millisecond)
	// At one instant there are more than a search counts: nobody knows how many.
	if !middle.After(w.From) {
		return most + 1, nil
	}
	first, err := countTo(ctx, Window{w.From, middle}, rows, most, count)
	if err != nil || first > most {
		return first, err
	}
	second, err := countTo(ctx, Window{middle, w.To}, rows, most-first, count)
	return first + second, err
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
	switch {
	// Too much for one search, perhaps: the pass, which asks for less at once, will see.
	case errors.Is(err, kustomer.ErrUnanswered):
		return Estimate{More: true}, nil
	case err != nil || total < most:
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
		if errors.Is(err, kustomer.ErrUnanswered) {
			continue
		}
		if err != nil || sample >= most {
			return atLeast, err
		}
		projected := math.Round(float64(sample) * float64(whole) / float64(length))
		return Estimate{Conversations: max(total, int(projected)), Rough: true}, nil
	}
	return atLeast, nil
}
