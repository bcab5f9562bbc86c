package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/exit"
)

// Turns is the same ledger as that of the engine, which others may have in between. A back-fill lets go of it
// between two windows, for whoever says that he waits, and goes on when that one has had his turn: one pass,
// one report, one accounting. What holds over a turn:
//
//   - It begins where a window is recorded and nothing is in flight: no intent of the pass is open while
//     another process has the ledger. What was read ahead is thrown away before anything of it is counted,
//     because what the ledger knew of it may have changed; it is read again.
//   - A summary as if the pass had been killed is in the ledger before it lets go. Whatever ends the pass then
//     loses nothing: each survey request has its outcome there, and the back-fill its position.
//   - The ledger that comes back must have come from the one that was let go: the same id, no fewer changes and
//     intents. Otherwise it was put back from a copy meanwhile, and nothing more is sent. With that, what Agent
//     Connect's data said of the ledger when the pass began still holds, and they are not asked again: all that
//     is new in it was begun by passes that have asked them.
//   - What a killed process left open meanwhile is put in doubt, as at the beginning of every pass, and left to
//     the next one: doubts are settled when a pass begins, and this pass keeps none in mind after that.
//   - What is known of the ledger is read again: its identity, its floor, the checkpoint, how far the
//     back-fill has come (the same one may have had the turn), the pass before, and what waits and was put
//     off to the end. What the pass has counted, and its limits and fuses, go on as they were.
type Turns interface {
	// Wanted reports whether somebody waits for the ledger.
	Wanted() bool
	// Yield lets go of the ledger until whoever waits has had it, and takes it again, however long that takes.
	// With an error the ledger may be closed.
	Yield(ctx context.Context) error
}

// errTurn ends the windows where somebody waits for the ledger; it is no failure.
var errTurn = errors.New("somebody waits for the ledger")

// turnEvery is how often it is asked whether somebody waits, while nothing else happens.
const turnEvery = time.Second

// turns lets others have the ledger of a back-fill.
type turns struct {
	pass   *pass
	cursor *backfill
}

// wanted reports whether somebody waits; nobody does where turns cannot be taken.
func (t turns) wanted() bool { return t.pass != nil && t.pass.engine.Turns.Wanted() }

// yield lets whoever waits have the ledger, and returns when the pass can go on.
func (t turns) yield(ctx context.Context) error {
	p := t.pass
	run := p.tally.sofar().summary()
	run.Ended, run.Killed, run.LetGo = time.Now().UTC(), true, true
	if err := p.ledger.Commit(store.Batch{Run: run}); err != nil {
		return unwritten("note what was done before the ledger is let go: %w", err)
	}
	before, err := p.ledger.Info()
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	began := time.Now()
	p.tally.observe(LetGo{})
	err = p.engine.Turns.Yield(ctx)
	info, closed := p.ledger.Info()
	if closed == nil {
		closed = sameLedger(before, info)
	}
	// Its summary is not for a ledger that it does not have, or does not know.
	if p.away = closed != nil; err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := t.resume(info); err != nil {
		return err
	}
	p.tally.observe(TookAgain{After: time.Since(began)})
	return nil
}

// sameLedger refuses a ledger that has not come from the one that was let go.
func sameLedger(before, now store.Info) error {
	if now.ID == before.ID && now.Transaction >= before.Transaction && now.Intents >= before.Intents {
		return nil
	}
	return fmt.Errorf("%w: the back-fill let others have it, and what came back is ledger %s with %d changes and "+
		"%d intents, not ledger %s with %d and %d or more. Nothing more was sent, because whoever it does not know "+
		"of any more would be asked again. If there is a newer copy, put that back; leave the fence where it is. "+
		"Then run acsync ledger rebuild, which learns from Agent Connect who was asked since", store.ErrRolledBack,
		now.ID, now.Transaction, now.Intents, before.ID, before.Transaction, before.Intents)
}

// resume reads again what others may have changed.
func (t turns) resume(info store.Info) error {
	p := t.pass
	adopts, err := checkIdentity(info, p.engine.Options)
	if adopts {
		have, want := info.Identity.OrDefault(), p.engine.Options.SurveyPer.OrDefault()
		err = &IdentityError{Ledger: have, Configured: want}
	}
	if err != nil {
		return err
	}
	if err := t.cursor.resume(p.ledger, info); err != nil {
		return err
	}
	if _, err := p.ledger.Recover(time.Now()); err != nil {
		return fmt.Errorf("put the open intents in doubt: %w", err)
	}
	outage := p.before.Outage
	if p.before, err = lastPass(p.ledger); err != nil {
		return err
	}
	p.info = info
	p.tally.edit(func(r *Result) { r.Checkpoint, r.Backfill = info.Checkpoint, t.cursor.entry })
	if info.Counts[store.Accepted] > 0 {
		p.deliverer.Proven()
	}
	// Whoever had the turn has found Agent Connect down.
	if now := p.before.Outage; now != nil && (outage == nil || !now.Next.Equal(outage.Next)) {
		p.knock(time.Now())
	}
	p.tried, err = p.asNow(p.tried)
	return err
}

// asNow are entries that the pass has taken up and not come to, as the ledger has them now. What others have
// dealt with is read like the rest, which finds that there is nothing left to do; what the ledger has forgotten
// is left.
func (w *work) asNow(entries []store.Entry) (now []store.Entry, err error) {
	keys := make([]store.Key, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	known, err := w.ledger.Lookup(keys)
	if err != nil {
		return entries, fmt.Errorf("look up what waits: %w", err)
	}
	for _, e := range entries {
		if r := known[e.Key]; r.State == store.Unknown {
			w.tally.left(e)
		} else {
			now = append(now, store.Entry{Key: e.Key, Record: r})
		}
	}
	return now, nil
}

// sharedWindows is the stage of a back-fill for its range: between two windows whoever waits has the ledger.
type sharedWindows struct {
	windows
	turns
}

func (s sharedWindows) run(ctx context.Context) error {
	s.windows.wanted = s.turns.wanted
	for {
		err := s.windows.run(ctx)
		if !errors.Is(err, errTurn) {
			return err
		}
		if err := s.yield(ctx); err != nil {
			return err
		}
		if s.span.From = s.turns.cursor.position(); s.span.Empty() {
			return nil
		}
	}
}

// ErrBegunAgain ends a back-fill whose turn another one took to begin the same range again.
var ErrBegunAgain = exit.New(exit.Temporary, "the same back-fill was begun again by another process, while this "+
	"one let it have the ledger; nothing is lost, and the same command goes on with it")

// resume takes in how far the back-fill has come while others had the ledger.
func (b *backfill) resume(ledger Ledger, info store.Info) error {
	known, err := ledger.Backfill(b.entry.From, b.entry.To)
	switch begun, own := known.Begun.UnixMilli(), b.entry.Begun.UnixMilli(); {
	case err != nil:
		return fmt.Errorf("read how far the back-fill has come: %w", err)
	// A dry run has not written down that it began.
	case known.Begun.IsZero():
	case begun > own:
		return ErrBegunAgain
	case begun == own && known.Position.After(b.entry.Position):
		b.entry.Position, b.entry.Finished = known.Position, known.Finished
	}
	rest := b.window
	if rest.From = b.entry.Position; rest.Empty() {
		return nil
	}
	return remembered(rest.From, info.Floor)
}

// LetGo tells that the pass lets others have the ledger.
type LetGo struct{}

// TookAgain tells that it goes on.
type TookAgain struct{ After time.Duration }

func (LetGo) event()     {}
func (TookAgain) event() {}
