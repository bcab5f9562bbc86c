package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"acsync/store"
)

// heartbeat renews the lease, and tells others how far the pass has come.
type heartbeat struct {
	over    chan struct{}
	news    chan struct{}
	beating sync.WaitGroup

	mu     sync.Mutex
	holder store.Holder
}

// beats is how often a lease is renewed in its time.
const beats = 6

func newHolder(known uint64) store.Holder {
	h := store.NewHolder(known)
	h.Boot = bootID()
	return h
}

func decodeHolder(text string) (h store.Holder, err error) {
	if err := json.Unmarshal([]byte(text), &h); err != nil || h.PID == 0 {
		return h, damaged("it does not name its holder")
	}
	return h, nil
}

// lastHolder is who has the ledger, or has not let go of it, or has left the summary of its pass; false for
// nobody who has said so.
func lastHolder(r ledgerRow) (store.Holder, bool) {
	if r.holder == nil {
		return store.Holder{}, false
	}
	h, err := decodeHolder(*r.holder)
	return h, err == nil
}

// text is what others are told.
func (h *heartbeat) text() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, err := json.Marshal(h.holder)
	if err != nil {
		bare := h.holder
		bare.Progress = store.Progress{Mode: h.holder.Mode}
		b, _ = json.Marshal(bare) // of numbers and names alone
	}
	return string(b)
}

func (h *heartbeat) start(c *core) {
	h.over, h.news = make(chan struct{}), make(chan struct{}, 1)
	h.beating.Go(func() { h.beat(c) })
}

func (h *heartbeat) stop() {
	close(h.over)
	h.beating.Wait()
}

func (h *heartbeat) beat(c *core) {
	tick := time.NewTicker(c.options.lease() / beats)
	defer tick.Stop()
	for {
		select {
		case <-h.over:
			return
		case <-tick.C:
		case <-h.news: // there is little of it
		}
		if err := renew(c); errors.Is(err, store.ErrFenced) {
			c.stick(err)
			return
		}
	}
}

// renew renews the lease. One that cannot be renewed now may be so later; ErrFenced: somebody else has it.
func renew(c *core) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(c.options.lease()/beats, time.Second))
	defer cancel()
	n, err := c.exec(ctx, "update acsync.ledgers set held_until = clock_timestamp() + "+
		seconds(c.options.lease())+", holder = $4::text::json where no = $1 and epoch = $2 and token = $3",
		c.no, c.epoch, c.token, c.beat.text())
	if err == nil && n == 0 {
		err = store.ErrFenced
	}
	return err
}

// Lease keeps the ledger from others, and lets go of it.
type Lease struct{ *core }

// Report tells others how far the pass has come, with the next renewal, and at once where a pass begins. On a
// ledger that is closed or open for reading only it does nothing.
func (c Lease) Report(p store.Progress) {
	if c.options.ReadOnly {
		return
	}
	h := &c.beat
	h.mu.Lock()
	news := p.Pass != h.holder.Pass || p.Status != nil && h.holder.Status == nil
	h.holder.Progress, h.holder.At = p, time.Now().UTC().Truncate(time.Millisecond)
	h.mu.Unlock()
	if !news {
		return
	}
	select {
	case h.news <- struct{}{}:
	default: // it is on its way
	}
}

// Close lets go of the ledger. Closing twice is harmless. A ledger whose lease another process has is left to
// it. A summary of the pass that could not be written stays in the place of its holder, and the next opening
// for writing enters it.
func (c Lease) Close() error {
	left, stuck, again := c.shut()
	if again || c.options.ReadOnly {
		return nil
	}
	// It may be about to tell that the lease was lost, for which it waits until nothing is changed.
	c.beat.stop()
	var text *string
	if left != nil {
		c.beat.holder.Run, c.beat.holder.Status, c.beat.holder.At = left, nil, left.Ended
		text = new(c.beat.text())
	}
	_, err := c.exec(context.Background(), `update acsync.ledgers set token = null, held_until = null,
		holder = $4::text::json where no = $1 and epoch = $2 and token = $3`, c.no, c.epoch, c.token, text)
	// What could not be written was told; the lease ends by itself.
	if stuck {
		return nil
	}
	return explain(c.name, err)
}
