package fetch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"acsync/sync/kustomer"
)

// foundedYear is before the oldest conversation: Kustomer was founded in 2015.
const foundedYear = 2010

// scraps reads what can be read of a millisecond that is not answered as a whole: in halves by time of
// creation, and page by page, in pages of fewer and fewer rows.
type scraps struct {
	*reader
	trial *trial
	take  func(lot) error
}

// read gives what can be read of a query for one instant, which was not answered, to its end.
func (s *scraps) read(ctx context.Context, q kustomer.Query) (tally, error) {
	q.Failures = triesInside
	sum, err := s.part(ctx, q, true)
	if err != nil {
		return sum, err
	}
	return sum, s.take(lot{query: q, complete: true})
}

// part reads a query that is not answered as a whole. Where a page of one row can be had it knows how many
// rows there are: each that can be had by itself is. Else, or when they are too many, they are read in
// halves.
func (s *scraps) part(ctx context.Context, q kustomer.Query, count bool) (tally, error) {
	total, counted, err := 0, false, error(nil)
	if count {
		if total, counted, err = s.total(ctx, q); err != nil {
			return tally{}, err
		}
	}
	if counted && total <= s.Limits.Pages {
		return s.pages(ctx, q, total)
	}
	older, younger, ok := halves(q)
	var sum tally
	for _, half := range []kustomer.Query{older, younger} {
		if !ok {
			break
		}
		found, err := s.half(ctx, half)
		if err != nil {
			return sum, err
		}
		sum.add(found)
	}
	switch {
	case ok && !counted && (sum.unseen > 0 || !count), ok && counted && sum.all() >= total:
		return sum, nil
	case counted:
		// Halves lack rows without a time of creation.
		return s.pages(ctx, q, total)
	}
	return s.last(ctx, q, sum)
}

// total is how many rows a query has, by a page that holds one row at most: the first, or the second where
// the first row is broken.
func (s *scraps) total(ctx context.Context, q kustomer.Query) (total int, counted bool, err error) {
	q.PageSize = 1
	for q.Page = 1; q.Page <= 2; q.Page++ {
		found, err := s.search(ctx, q)
		if err == nil {
			return found.Total, true, nil
		}
		if !errors.Is(err, kustomer.ErrUnanswered) {
			return 0, false, err
		}
	}
	return 0, false, nil
}

// halves cuts a query in the middle of the times of creation; false for one millisecond.
func halves(q kustomer.Query) (older, younger kustomer.Query, ok bool) {
	from, to := q.CreatedFrom, q.CreatedTo
	if from.IsZero() {
		from = time.Date(foundedYear, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if to.IsZero() {
		to = q.To
	}
	middle := from.Add(to.Sub(from) / 2).Truncate(time.Millisecond)
	older, younger = q, q
	older.CreatedTo, younger.CreatedFrom = middle, middle
	return older, younger, middle.After(from)
}

// half reads one of two halves, in scraps if that is not answered either.
func (s *scraps) half(ctx context.Context, q kustomer.Query) (tally, error) {
	first, err := s.search(ctx, q)
	var sum tally
	if err == nil {
		sum, err = s.whole(ctx, q, first, func(l lot) error {
			l.complete = false
			return s.take(l)
		})
	}
	if s.trial.ofQuery(ctx, q, err) {
		_, _, cut := halves(q)
		return s.part(ctx, q, !cut)
	}
	if err != nil {
		return sum, err
	}
	return sum, s.trial.bear(Window{q.From, q.To}, sum.rows)
}

// last reads a query that cannot be cut once more, as often as any, and else counts it as one conversation
// that cannot be read.
func (s *scraps) last(ctx context.Context, q kustomer.Query, sum tally) (tally, error) {
	q.Failures = 0
	first, err := s.search(ctx, q)
	if err == nil {
		return s.give(ctx, q, first, false, s.take)
	}
	if !errors.Is(err, kustomer.ErrUnanswered) || !s.trial.shows(ctx, q) {
		return sum, err
	}
	sum.unseen++
	return sum, s.trial.convict(q, 1, "", err)
}

// pages reads a query page by page. It is read again until its pages add up.
func (s *scraps) pages(ctx context.Context, q kustomer.Query, total int) (tally, error) {
	last := -1
	for range rereads {
		if total >= s.Limits.Rows {
			return tally{}, &OverflowError{At: q.From, Rows: total}
		}
		paper := paper{scraps: s, total: total, rows: map[string]kustomer.Conversation{}}
		q.PageSize = s.Limits.Page
		// A page that holds all has failed.
		for q.PageSize > 1 && q.PageSize/divisor(q.PageSize) >= total {
			q.PageSize /= divisor(q.PageSize)
		}
		var err error
		for q.Page = 1; (q.Page-1)*q.PageSize < total && err == nil && !paper.shifted; q.Page++ {
			err = paper.read(ctx, q)
		}
		if err != nil {
			return tally{}, err
		}
		missing := total - len(paper.rows)
		hidden := missing == last && total <= s.Limits.Page
		if !paper.shifted && (missing <= paper.unseen || hidden) {
			for _, l := range paper.lost {
				if err := s.trial.convict(l.query, l.rows, l.where, l.err); err != nil {
					return tally{}, err
				}
			}
			s.tell(q, paper.broken)
			q.Page, q.PageSize = 0, s.Limits.Page
			rows := slices.Collect(maps.Values(paper.rows))
			return tally{len(rows), max(missing, 0)}, s.take(lot{q, s.upTo(q.To, rows), false})
		}
		if last = missing; paper.shifted {
			total, last = paper.total, -1
		}
		if err := s.settle(ctx); err != nil {
			return tally{}, err
		}
	}
	return tally{}, &UnsteadyError{Window: Window{q.From, q.To}}
}

// paper is what the pages of a query held in one reading.
type paper struct {
	*scraps
	total   int // as the first page counts
	shifted bool
	rows    map[string]kustomer.Conversation
	broken  []string
	lost    []lost
	unseen  int // those that are lost, and broken ones
}

// lost are rows of a page that cannot be read.
type lost struct {
	query kustomer.Query
	rows  int
	where string
	err   error
}

// read reads a page, in smaller ones if it is not answered.
func (p *paper) read(ctx context.Context, q kustomer.Query) error {
	found, err := p.search(ctx, q)
	own := p.trial.ofQuery(ctx, q, err)
	parts := divisor(q.PageSize)
	if own && q.PageSize == 1 {
		// Before it is given up, it is tried as often as any.
		q.Failures = 0
		found, err = p.search(ctx, q)
		own = errors.Is(err, kustomer.ErrUnanswered)
	}
	switch first := (q.Page-1)*parts + 1; {
	case err == nil:
		return p.keep(found)
	case !own:
		return err
	// A single row, or rows that have no page of their own which a search gives.
	case q.PageSize == 1, first > p.Limits.Pages:
		return p.giveUp(ctx, q, err)
	}
	for i := range parts {
		small := q
		small.PageSize, small.Page = q.PageSize/parts, (q.Page-1)*parts+i+1
		if p.shifted || (small.Page-1)*small.PageSize >= p.total {
			return nil
		}
		read := p.read
		if small.Page > p.Limits.Pages {
			read = func(ctx context.Context, q kustomer.Query) error { return p.giveUp(ctx, q, err) }
		}
		if err := read(ctx, small); err != nil {
			return err
		}
	}
	return nil
}

func (p *paper) keep(found page) error {
	if found.Total != p.total {
		p.total, p.shifted = found.Total, true
		return nil
	}
	for _, row := range found.Items {
		p.rows[row.ID] = row
	}
	p.broken = append(p.broken, found.Broken...)
	p.unseen += len(found.Broken)
	if len(found.Items) > 0 {
		p.trial.inARow = 0
	}
	return nil
}

// giveUp counts the rows of a page that cannot be read.
func (p *paper) giveUp(ctx context.Context, q kustomer.Query, err error) error {
	if !p.trial.shows(ctx, q) {
		return err
	}
	rows := min(q.PageSize, p.total-(q.Page-1)*q.PageSize)
	p.unseen += rows
	where := fmt.Sprintf(", page %d of %d (%d a page)", q.Page, (p.total+q.PageSize-1)/q.PageSize, q.PageSize)
	p.lost = append(p.lost, lost{q, rows, where, err})
	return nil
}

// divisor is the smallest number above 1 that divides n, 1 for 1: a page is cut into so many.
func divisor(n int) int {
	for d := 2; d < n; d++ {
		if n%d == 0 {
			return d
		}
	}
	return n
}
