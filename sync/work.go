package sync

import (
	"context"
	"errors"
	"fmt"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// recheckAtOnce is how many conversations one call reads again.
const recheckAtOnce = 50

// errHalt ends the windows without being a failure: the Result tells which limit was reached.
var errHalt = errors.New("the pass stopped sending")

func unwritten(format string, args ...any) error {
	return &store.WriteError{Err: fmt.Errorf(format, args...)}
}

// work is what the stages of a pass have in common.
type work struct {
	ledger    Ledger
	tally     *tally
	fetcher   *fetch.Fetcher
	deliverer *deliver.Deliverer
	doubts    *doubts
	seen      *seen
	backups   *backups
	cursor    cursor
	tried     []store.Entry // taken up, and tried or not to be read before: their turn is behind the windows
	protected time.Time     // the earliest resolution of those that were met as already sent; zero for none
}

func (w *work) clock() decide.Clock {
	return decide.Clock{Kustomer: w.fetcher.Started(), Own: time.Now()}
}

// halted is why no further window is to be delivered: a failure, a signal, or a fuse.
func (w *work) halted(ctx context.Context) error {
	switch {
	case w.deliverer.Failure() != nil:
		return w.deliverer.Failure()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case w.deliverer.Stopped():
		return errHalt
	}
	return nil
}

// recheck reads and decides cases as they are now, returns those to be sent, and disposes of the others.
func (w *work) recheck(ctx context.Context, c *windowCommit, cases []decide.Case) ([]decide.Case, error) {
	read, err := w.fetcher.Recheck(ctx, cases)
	if err != nil {
		return nil, err
	}
	var send []decide.Case
	for _, each := range read {
		if each.Replacement && !w.seen.replaces(each) {
			continue
		}
		if action := decide.Triage(each, w.clock(), decide.FromLedger); action.Verb == decide.Send {
			send = append(send, each)
		} else {
			c.dispose(each, action)
		}
	}
	return send, nil
}

// asNow are entries that the pass has taken up and not come to, as the ledger has them now. What others
// have dealt with is read like the rest, which finds that there is nothing left to do; what the ledger has
// forgotten is left.
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

// giveUp rejects what was tried for long enough, and returns the rest.
func (w *work) giveUp(due []store.Entry) (rest []store.Entry, err error) {
	var given []store.Entry
	now := w.clock()
	for _, e := range due {
		if action := decide.TriageWaiting(e, now); action.Verb == decide.Reject {
			given = append(given, store.Entry{Key: e.Key, Record: givenUp(e.Record, action.Reason, now.Own)})
		} else {
			rest = append(rest, e)
		}
	}
	if len(given) == 0 {
		return due, nil
	}
	if err := w.ledger.Commit(store.Batch{Entries: given}); err != nil {
		return due, unwritten("give up what was tried for %s: %w", decide.GiveUpAfter, err)
	}
	w.tally.left(given...)
	return rest, nil
}

func givenUp(r store.Record, why decide.Reason, now time.Time) store.Record {
	return r.After(store.Result{State: store.Rejected, Reason: string(why), Status: r.Status, At: now})
}

// protect keeps a resolution from being pruned by this pass: it was marked done again lately, and the next
// pass, which reads that once more, must still know that it was asked about.
func (w *work) protect(resolved time.Time) {
	if !resolved.IsZero() {
		w.protected = earlier(w.protected, resolved)
	}
}

// windowCommit is what a window, or a lot of waiting conversations, writes when all of it is delivered.
type windowCommit struct {
	*work
	fetch.Window
	complete bool // with it the window is read to its end, and the pass comes forward
	sending  stdsync.WaitGroup
	recorded chan struct{} // closed when it is in the ledger, or will never be

	mu      stdsync.Mutex
	entries []store.Entry
	late    []time.Duration // how far below the closed checkpoint conversations were seen first
	left    time.Time       // the earliest resolution that was left for later; zero for none
}

func newWindowCommit(w *work, window fetch.Window, complete bool) *windowCommit {
	return &windowCommit{work: w, Window: window, complete: complete, recorded: make(chan struct{})}
}

// record writes it in one transaction, with how far the pass has come if that moves.
func (w *windowCommit) record() error {
	batch, before := store.Batch{Entries: w.entries, Late: w.late}, w.cursor.position()
	w.cursor.advance(&batch, w)
	if len(batch.Entries) > 0 || len(batch.Late) > 0 || !batch.Checkpoint.IsZero() || batch.Backfill != nil {
		if err := w.ledger.Commit(batch); err != nil {
			return unwritten(
				"record a window: %w; everything is read and recorded up to %s", err, decide.Format(before))
		}
	}
	w.tally.recorded(batch)
	if w.complete {
		w.tally.observe(WindowRecorded{
			Window: w.Window, Checkpoint: w.tally.sofar().Checkpoint, Position: w.cursor.position(),
		})
	}
	return nil
}

// dispose tells what becomes of a case that is not sent now, and keeps what the ledger does not say already.
func (w *windowCommit) dispose(c decide.Case, action decide.Action) {
	switch action.Verb {
	case decide.Keep:
		w.tally.disposed(rowOf(c, asKept(action.Record)))
	case decide.Wait:
		w.postpone(c, action)
	default:
		w.skip(c, action.Reason)
	}
}

// postpone tells that a case waits; what is sent then is read and decided anew.
func (w *windowCommit) postpone(c decide.Case, action decide.Action) {
	why, due := action.Reason, action.Until
	same := c.Own.State == store.Scheduled && c.Own.Due.Equal(due)
	if !same || !decide.SameResolution(c.Own.Resolution, c.Resolution()) {
		w.keep(c, store.Record{State: store.Scheduled, Reason: string(why), Due: due})
	}
	o := deliver.Outcome{State: store.Scheduled, Reason: why}
	if why == decide.Delayed {
		o.Due = due
	}
	w.tally.disposed(rowOf(c, o))
}

// skip tells that a case is skipped, or rejected.
func (w *windowCommit) skip(c decide.Case, why decide.Reason) {
	if c.Skip != why { // found out after it was decided
		c.Decision = decide.Decision{Skip: why}
	}
	known, state := c.Known, why.State()
	if why == decide.AlreadySent {
		w.protect(known.Resolution)
	}
	same := known.State == state && known.Reason == string(why) &&
		decide.SameResolution(known.Resolution, c.Resolution())
	switch {
	case why == decide.GaveUp: // its attempts are to be remembered
		w.keep(c, givenUp(c.Own, why, time.Now()))
	case c.Own.State.Waiting(): // it waits no longer
		w.keep(c, store.Record{State: state, Reason: string(why)})
	// The ledger says so already, or knows better, or there is no time to keep it by.
	case same, known.Settled(), c.Outside:
	default:
		w.keep(c, store.Record{State: state, Reason: string(why)})
	}
	w.tally.disposed(rowOf(c, deliver.Outcome{State: state, Reason: why, Message: c.Trouble}))
}

// delivered tells what came of sending. What the pass did not come to is the next pass's first work.
func (w *windowCommit) delivered(c decide.Case, o deliver.Outcome) {
	switch {
	case o.State != store.Scheduled:
	case c.Own.State.Waiting():
		o = stillWaiting(asKept(c.Own))
	case w.cursor.pauses(w.Window, c.Resolution()):
		o.Reason = decide.Paused
		w.leave(c.Resolution())
	default:
		w.keep(c, store.Record{State: store.Scheduled, Reason: string(o.Reason), Due: time.Now()})
	}
	w.tally.disposed(rowOf(c, o))
}

func (w *windowCommit) leave(resolved time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = earlier(w.left, resolved)
}

func (w *windowCommit) keep(c decide.Case, r store.Record) {
	r.Resolution, r.At = c.Resolution(), time.Now()
	// How long it has waited for being read tells when it is asked for again, and when no more.
	if since := c.UnreadSince(); r.State == store.Scheduled && r.Reason == c.Own.Reason && !since.IsZero() {
		r.At = since
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.entries = append(w.entries, store.Entry{Key: c.Key, Record: r})
}
