package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"acsync/sync/exit"
)

// Healthcheck tells a service such as healthchecks.io when a pass begins and how it ended, so that somebody
// hears of it when none does.
type Healthcheck struct {
	caller
	run   string     // tells its calls from those of other passes: a UUID, as that service wants it
	begun chan error // how the call at the beginning went; nil: there was none
}

// NewHealthcheck makes the one of a pass. The address is a secret.
func NewHealthcheck(address, agent string) (*Healthcheck, error) {
	caller, err := newCaller(address, agent)
	if err != nil {
		return nil, fmt.Errorf("the health check: %w", err)
	}
	return &Healthcheck{caller: caller, run: newUUID()}, nil
}

// newUUID makes a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand, since Go 1.24)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Start tells that a pass begins. It does not wait for the answer.
func (h *Healthcheck) Start(ctx context.Context) {
	h.begun = make(chan error, 1)
	go func() { h.begun <- h.ping(ctx, "/start", "") }()
}

// started waits until the call at the beginning is over, so that the two come in their order.
func (h *Healthcheck) started(ctx context.Context) error {
	if h.begun == nil {
		return nil
	}
	select {
	case err := <-h.begun:
		return err
	case <-ctx.Done():
		return errors.New(unreached(context.DeadlineExceeded))
	}
}

// End tells how a pass ended, with a text for whoever looks. Whether the beginning could be told it says as
// well.
func (h *Healthcheck) End(ctx context.Context, code exit.Code, text string) error {
	unbegun := h.started(ctx)
	path := ""
	// A pass that left something to look at has done its work.
	if !Works(code) {
		path = "/" + strconv.Itoa(int(code))
	}
	err := h.ping(ctx, path, text)
	switch {
	case err != nil:
		return fmt.Errorf("the health check was not told how the pass ended: %w", err)
	case unbegun != nil:
		return fmt.Errorf("the health check was not told that the pass began: %w", unbegun)
	}
	return nil
}

func (h *Healthcheck) ping(ctx context.Context, path, text string) error {
	return h.to(path, url.Values{"rid": {h.run}}).post(ctx, "text/plain; charset=utf-8", text)
}
