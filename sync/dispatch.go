package sync

import (
	"context"
	"slices"
	"time"

	"acsync/sync/fetch"
)

// deliver hands over what is to be sent of a batch, in the order of time, and tells the rest. It returns as soon as all
// is handed over, while the last requests are under way; then an error tells why no further window is to be delivered.
func (p *pass) deliver(ctx context.Context, batch fetch.Chunk, f *windowCommit) error {
	send := f.dispose(batch.Cases)
	p.observe(WindowRead{Window: batch.Window, Found: len(batch.Cases), Send: len(send)})
	if len(send) > 0 {
		if err := p.room(); err != nil {
			p.deliverer.Fail(err) // what is decided can still be recorded, as scheduled
		}
	}
	for chunk := range slices.Chunk(send, reread) {
		if p.outdated(batch.Read) && ctx.Err() == nil && !p.deliverer.Stopped() {
			fresh, err := p.again(ctx, f, chunk)
			switch {
			case err == nil:
				chunk = fresh
			case ctx.Err() == nil:
				p.deliverer.Fail(err) // the rest is scheduled
			}
		}
		for _, c := range chunk {
			p.deliverer.Send(ctx, c, &f.sending, f.delivered)
		}
	}
	return p.halted(ctx)
}

// outdated tells whether what was read then is to be read again before it is sent.
func (p *pass) outdated(read time.Time) bool {
	return time.Since(read) > p.options.Recheck
}
