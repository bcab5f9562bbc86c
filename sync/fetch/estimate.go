package fetch

import (
	"context"
	"math"
	"time"
)

// Estimate is about how many conversations a window holds, by what Kustomer counts.
type Estimate struct {
	Conversations int
	Rough         bool // projected from a sample: Kustomer's search counts no more than 10,000 (observed)
	More          bool // there are that many at least
}

// estimate counts the conversations of a window with one search, which counts at most so many. Where there
// are more, a second one of a sample from the middle of the window projects them: of a week where that is
// less than half of it, so that each weekday has its part.
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
