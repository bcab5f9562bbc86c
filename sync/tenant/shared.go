package tenant

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"acsync/store"
)

// askAgainEvery is the pause between two tries to take the ledger again.
const askAgainEvery = 500 * time.Millisecond

// Shared is an open ledger that a pass lets others have in between: it is closed for them, fence and
// holder as always, and opened again behind the back of the pass. It is to be used by nobody while
// [Shared.Yield] runs.
type Shared struct {
	Ledger
	heart *Heartbeat // nil: the ledger is open for reading alone
	queue Queue
	open  func() (Ledger, error) // tries once
	away  atomic.Bool
}

// Share lets others have the ledger of a pass in between, which was opened with these options. Mode is the
// name of the command; the heartbeat may be nil.
func (t *Tenant) Share(ledger Ledger, mode string, a Access, heart *Heartbeat) *Shared {
	a.Once = true
	return &Shared{
		Ledger: ledger, heart: heart, queue: t.Queue(mode),
		open: func() (Ledger, error) { return t.Open(a) },
	}
}

// Away reports whether others have the ledger now.
func (s *Shared) Away() bool { return s.away.Load() }

// Wanted reports whether somebody waits for the ledger.
func (s *Shared) Wanted() bool { return s.queue.Other() }

// Yield lets whoever waits have the ledger, and takes it again when that one has had it, or is gone. That
// it waits for its turn it says like all others, so that two that yield take turns. When the context ends
// it tries once more, so that the pass can write down how it ended. With an error the ledger is closed,
// unless the context has ended.
func (s *Shared) Yield(ctx context.Context) error {
	s.away.Store(true)
	defer s.away.Store(false)
	if s.heart != nil {
		s.heart.stop()
	}
	if err := s.Ledger.Close(); err != nil {
		return err
	}
	ledger, err := s.again(ctx)
	if err != nil {
		return err
	}
	s.Ledger = ledger
	if s.heart != nil {
		s.heart.resume(ledger)
	}
	return context.Cause(ctx)
}

func (s *Shared) again(ctx context.Context) (Ledger, error) {
	defer s.queue.Leave()
	for {
		ended := ctx.Err() != nil
		// Behind those that wait already, and before those that come.
		s.queue.Wait()
		if ended || !s.queue.Other() {
			ledger, err := s.open()
			switch {
			case !errors.Is(err, store.ErrLocked):
				return ledger, err
			case ended:
				return nil, context.Cause(ctx)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(askAgainEvery):
		}
	}
}

// Close closes the ledger that is open now. Closing twice is harmless.
func (s *Shared) Close() error { return s.Ledger.Close() }
