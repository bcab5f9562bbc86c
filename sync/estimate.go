package sync

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

// estimate counts the conversations of a window with one search. Where the search no longer counts them, a second one of a
// sample from the middle of the window projects them: of a week where that is less than half of it, so that each weekday
// has its part.
func (c *collector) estimate(ctx context.Context, w Window) (Estimate, error) {
	if w.Empty() {
		return Estimate{}, nil
	}
	total, err := c.count(ctx, w)
	if err != nil || total < c.reach.rows {
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
		if err != nil || sample >= c.reach.rows {
			return atLeast, err
		}
		projected := math.Round(float64(sample) * float64(whole) / float64(length))
		return Estimate{Conversations: max(total, int(projected)), Rough: true}, nil
	}
	return atLeast, nil
}

// count is how many conversations a search counts in a window.
func (c *collector) count(ctx context.Context, w Window) (int, error) {
	page, err := c.search(ctx, kustomer.Query{From: w.From, To: w.To, PageSize: c.reach.page})
	return page.Total, err
}

// preview tells a back-fill's observer how much is to come.
func (p *pass) preview(ctx context.Context) error {
	if !p.options.backfilling() || p.result.Window.Empty() {
		return nil
	}
	estimate, err := p.estimate(ctx)
	if err == nil {
		p.observe(Estimated{estimate})
	}
	return err
}

// estimate is that of what the pass is to read; it is asked for once, though several steps want to know.
func (p *pass) estimate(ctx context.Context) (Estimate, error) {
	if p.estimated == nil {
		estimate, err := p.collector.estimate(ctx, p.result.Window)
		if err != nil {
			return estimate, err
		}
		p.estimated = &estimate
	}
	return *p.estimated, nil
}
