package fetch

import (
	"context"
	"math"
	"time"

	"acsync/sync/kustomer"
)

// Estimate is about how many conversations a window holds, by what Kustomer counts.
type Estimate struct {
	Conversations int
	Rough         bool // projected from a sample: Kustomer's search counts no more than 10,000 (observed)
	More          bool // there are that many at least
}

// Estimate counts the conversations of a window with one search. Where the search no longer counts them, a second one of a
// sample from the middle of the window projects them: of a week where that is less than half of it, so that each weekday
// has its part.
func (c *Fetcher) Estimate(ctx context.Context, w Window) (Estimate, error) {
	if w.Empty() {
		return Estimate{}, nil
	}
	total, err := c.count(ctx, w)
	if err != nil || total < c.limits.Rows {
		return Estimate{Conversations: total}, err
	}
	atLeast := Estimate{Conversations: total, More: true}
	whole := w.To.Sub(w.From)
	for _, length := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour} {
		if whole < 2*length {
			continue
		}
		from := w.From.Add((whole - length) / 2).Truncate(time.Millisecond)
		sample, err := c.count(ctx, Window{from, from.Add(length)})
		if err != nil || sample >= c.limits.Rows {
			return atLeast, err
		}
		projected := math.Round(float64(sample) * float64(whole) / float64(length))
		return Estimate{Conversations: max(total, int(projected)), Rough: true}, nil
	}
	return atLeast, nil
}

// count is how many conversations a search counts in a window.
func (c *Fetcher) count(ctx context.Context, w Window) (int, error) {
	page, err := c.search(ctx, kustomer.Query{From: w.From, To: w.To, PageSize: c.limits.Page})
	return page.Total, err
}
