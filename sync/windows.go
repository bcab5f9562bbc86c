package sync

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// errTurn ends the windows where somebody waits for the ledger; it is no failure.
var errTurn = errors.New("somebody waits for the ledger")

// turnEvery is how often it is asked whether somebody waits, while nothing else happens.
const turnEvery = time.Second

// windows is the stage that goes through the range: windows are read and decided one after the other, each is
// delivered while the next is read, and they are recorded in order.
type windows struct {
	*work
	outdated time.Duration // what was read longer ago is read again just before it is sent
	span     fetch.Window  // the range
	sweep    func(context.Context, fetch.Window, func(fetch.Chunk) bool) error
	// reports whether somebody waits for the ledger, so that the stage is to end with errTurn; nil: it
	// never is
	wanted func() bool
}

func (s windows) run(ctx context.Context) error {
	chunks, commits := make(chan fetch.Chunk), make(chan *windowCommit, 1)
	reading, stop := context.WithCancel(ctx)
	handOver := func(c fetch.Chunk) bool {
		select {
		case chunks <- c:
			return true
		case <-reading.Done():
			return false
		}
	}
	var failed error // of reading: what was read before is delivered and recorded all the same
	var stages errgroup.Group
	stages.Go(func() error {
		defer close(chunks)
		failed = s.sweep(reading, s.span, handOver)
		return nil
	})
	stages.Go(func() error {
		defer close(commits)
		defer stop()
		return s.deliverAll(ctx, chunks, commits)
	})
	stages.Go(func() error { return s.recordAll(ctx, commits) })
	err := stages.Wait()
	switch {
	// What ended the last requests goes before, and what could not be read ahead is read again.
	case errors.Is(err, errTurn):
		return cmp.Or(s.halted(ctx), err)
	case err != nil:
		return err
	case failed != nil:
		return failed
	}
	return s.halted(ctx) // also what ended the last requests
}

// deliverAll delivers chunks until there are no more, or, where a window has come to its end, somebody
// waits for the ledger. The first window is read in any case, so that the range is read to its end however
// many wait.
func (s windows) deliverAll(
	ctx context.Context, chunks <-chan fetch.Chunk, commits chan<- *windowCommit,
) error {
	between := false // two windows
	for {
		chunk, err := s.next(chunks, between)
		if err != nil || chunk.Empty() {
			return err
		}
		w := newWindowCommit(s.work, chunk.Window, chunk.Complete)
		err = s.deliver(ctx, chunk, w)
		commits <- w
		if err != nil {
			return err
		}
		between = chunk.Complete
	}
}

// next is the next chunk; the zero Chunk is none. Between two windows it gives way to whoever waits for the
// ledger, and takes no chunk then: what nobody has taken was not counted.
func (s windows) next(chunks <-chan fetch.Chunk, between bool) (fetch.Chunk, error) {
	if !between || s.wanted == nil {
		return <-chunks, nil
	}
	look := time.NewTicker(turnEvery)
	defer look.Stop()
	for !s.wanted() {
		select {
		case chunk := <-chunks:
			return chunk, nil
		case <-look.C:
		}
	}
	return fetch.Chunk{}, errTurn
}

// sharedWindows is the stage of a back-fill for its range: between two windows whoever waits has the ledger.
type sharedWindows struct {
	windows
	turns
}

func (s sharedWindows) run(ctx context.Context) error {
	s.windows.wanted = s.turns.wanted
	for {
		// Others may have come further with it: in a turn, here or while what waited was sent.
		if s.span.From = s.cursor.position(); s.span.Empty() {
			return s.halted(ctx)
		}
		if err := s.windows.run(ctx); !errors.Is(err, errTurn) {
			return err
		}
		if err := s.yield(ctx); err != nil {
			return err
		}
	}
}

// deliver hands over what is to be sent and tells the rest. It returns while the last requests are under way;
// an error says why no further window is to be delivered.
func (s windows) deliver(ctx context.Context, chunk fetch.Chunk, w *windowCommit) error {
	send := s.dispose(chunk.Cases, w)
	s.tally.observe(WindowRead{Window: chunk.Window, Found: len(chunk.Cases), Send: len(send)})
	for cases := range slices.Chunk(send, recheckAtOnce) {
		if time.Since(chunk.Read) > s.outdated && ctx.Err() == nil && !s.deliverer.Stopped() {
			fresh, err := s.recheck(ctx, w, cases)
			switch {
			case err == nil:
				cases = fresh
			case ctx.Err() == nil:
				s.deliverer.Fail(err) // the rest is scheduled
			}
		}
		for _, c := range cases {
			s.deliverer.Send(ctx, c, &w.sending, w.delivered)
		}
	}
	return s.halted(ctx)
}

func (s windows) dispose(cases []decide.Case, w *windowCommit) (send []decide.Case) {
	for _, c := range cases {
		if s.seen.already(&c, w.recorded) {
			continue
		}
		if late := lateBy(c, s.span.From, s.cursor.closed()); late > 0 {
			w.late = append(w.late, late)
		}
		now := sighting{key: c.Key, resolved: c.Resolution(), recorded: w.recorded}
		if action := decide.Triage(c, s.clock(), decide.FromWindow); action.Verb == decide.Send {
			send = append(send, c)
		} else {
			if action.Verb != decide.Wait {
				now.skip = action.Reason
			}
			if now.skip == decide.AgentUnknown {
				now.agent = c.Agent.ID
			}
			w.dispose(c, action)
		}
		s.seen.add(now)
	}
	return send
}

// lateBy is how far below the checkpoint a conversation lies that no earlier pass has seen, because
// Kustomer's search did not show it; 0 for all others.
func lateBy(c decide.Case, from, closed time.Time) time.Duration {
	resolved := c.Resolution()
	if c.Known.State == store.Unknown && resolved.Before(closed) && !resolved.Before(from) {
		return closed.Sub(resolved)
	}
	return 0
}

// recordAll records commits in order. After a failure it only waits for what is under way.
func (s windows) recordAll(ctx context.Context, commits <-chan *windowCommit) (failed error) {
	for w := range commits {
		w.sending.Wait()
		if failed == nil {
			if failed = w.record(); failed != nil {
				s.deliverer.Fail(failed)
			}
		}
		w.entries, w.late = nil, nil
		close(w.recorded)
		if failed == nil {
			s.backups.between(ctx)
		}
	}
	return failed
}
