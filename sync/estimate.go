package sync

import (
	"context"

	"acsync/sync/fetch"
)

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
func (p *pass) estimate(ctx context.Context) (fetch.Estimate, error) {
	if p.estimated == nil {
		estimate, err := p.collector.Estimate(ctx, p.result.Window)
		if err != nil {
			return estimate, err
		}
		p.estimated = &estimate
	}
	return *p.estimated, nil
}
