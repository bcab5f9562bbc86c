package sync

import (
	"context"

	"acsync/sync/fetch"
)

// estimate is how much a pass is to read. It is asked for once, though several steps want to know.
type estimate struct {
	fetcher *fetch.Fetcher
	known   *fetch.Estimate // nil until it was asked for
}

func (e *estimate) of(ctx context.Context, w fetch.Window) (fetch.Estimate, error) {
	if e.known == nil {
		estimated, err := e.fetcher.Estimate(ctx, w)
		if err != nil {
			return estimated, err
		}
		e.known = &estimated
	}
	return *e.known, nil
}
