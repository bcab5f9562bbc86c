package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/verify"
)

// ErrAccounting tells of a defect: what a pass found is not the sum of its dispositions.
var ErrAccounting = exit.New(exit.Failed, "the pass does not add up: the conversations found are not the "+
	"sum of their dispositions; this is a defect of acsync, please report it")

// pass is one run of the loop.
type pass struct {
	*work
	engine *Engine
	info   store.Info // of the ledger, at the beginning
	adopts bool       // the ledger is to keep another identity from now on
	opened bool       // nothing speaks against the ledger
	before store.Run  // the last pass that has told what it left
	away   bool       // others have the ledger, or another one is in its place
}

func newPass(e *Engine, halt func(error)) *pass {
	o, t, keeper := e.Options, newTally(e.Observer, e.Options), e.Backups
	if o.DryRun {
		keeper = nil
	}
	return &pass{engine: e, work: &work{
		ledger: e.Ledger, tally: t, seen: newSeen(decide.SurveyPer(o.SurveyPer), t),
		backups: newBackups(keeper, t),
		doubts: &doubts{ledger: e.Ledger, dryRun: o.DryRun, tally: t, Verification: verify.Verification{
			Receiver: e.Receiver, After: o.VerifyAfter, Stamped: o.Stamp,
		}},
		deliverer: deliver.New(deliver.Options{
			Ledger: e.Ledger, Sender: e.Sender, Limits: o.Limits, Stamp: o.Stamp && !o.DryRun,
			Concurrency: o.Concurrency, OneByOne: o.DryRun, Halt: halt,
		}),
		fetcher: fetch.New(fetch.Options{
			Source: e.Source, Directory: e.Directory, Ledger: e.Ledger, Policy: o.Policy,
			SurveyPer: decide.SurveyPer(o.SurveyPer), Notice: t.notice, Unseen: t.unseen, Unread: t.unread,
			Limits: e.Reach,
		}),
	}}
}

func (p *pass) open(ctx context.Context) error {
	e := p.engine
	var err error
	if p.info, err = e.Ledger.Info(); err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	if p.before, err = lastPass(e.Ledger); err != nil {
		return err
	}
	if p.adopts, err = checkIdentity(p.info, e.Options); err != nil {
		return err
	}
	p.tally.edit(func(r *Result) { r.Checkpoint = p.info.Checkpoint })
	if p.info.Counts[store.Accepted] > 0 {
		p.deliverer.Proven()
		p.deliverer.TookOver(p.info.KnownFrom, p.info.Created)
	}
	clocks, err := p.askClock(ctx)
	if err != nil {
		return err
	}
	if err := p.place(clocks); err != nil {
		return err
	}
	if p.info, err = p.doubts.consult(ctx, p.info); err != nil {
		return err
	}
	p.opened = true
	p.knock(time.Now())
	return p.listProfiles(ctx)
}

// summariesRead is how many past passes are looked at for one that was not killed.
const summariesRead = 50

// lastPass is the last pass that has told what it left: one that was killed has not.
func lastPass(ledger Ledger) (store.Run, error) {
	// Nearly always the last one will do.
	for _, most := range []int{1, summariesRead} {
		runs, err := ledger.Runs(most)
		if err != nil {
			return store.Run{}, fmt.Errorf("read the past passes: %w", err)
		}
		for _, run := range runs {
			if !run.Killed {
				return run, nil
			}
		}
	}
	return store.Run{}, nil
}

// askClock asks Kustomer for its clock, which proves the key as well.
func (p *pass) askClock(ctx context.Context) (decide.Clock, error) {
	own := p.engine.Now
	if own == nil {
		own = time.Now
	}
	before := own()
	now, err := p.engine.Source.ServerTime(ctx)
	if err != nil {
		return decide.Clock{}, fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	after := own()
	warning, err := compareClocks(now, before, after)
	if warning != "" {
		p.tally.notice("%s", warning)
	}
	p.fetcher.Begin(now)
	return decide.Clock{Kustomer: now, Own: after}, err
}

func (p *pass) place(clocks decide.Clock) (err error) {
	o := p.engine.Options
	switch {
	case o.Plan != nil:
		p.cursor, err = newPlanned(p.ledger, p.info, clocks.Kustomer, o)
	case !o.Range.From.IsZero():
		p.cursor, err = newBackfill(p.ledger, p.info, clocks, o)
	default:
		p.cursor, err = newFromCheckpoint(p.ledger, p.info, clocks, o)
	}
	if p.cursor == nil {
		return err
	}
	window := p.cursor.span()
	p.fetcher.StartAt(window.From)
	p.tally.edit(func(r *Result) {
		// A range that the search would leave out in part is none that was to be read.
		if _, tooOld := errors.AsType[*TooOldError](err); !tooOld {
			r.Window = window
		}
		switch c := p.cursor.(type) {
		case *planned:
			r.Made = c.plan.Made
		case *backfill:
			r.Backfill = c.entry
		}
	})
	if _, ranged := p.cursor.(*backfill); ranged && err == nil && !window.Empty() {
		p.noticeUnknown(window.From)
	}
	return err
}

// noticeUnknown says so where a back-fill begins before the ledger knows whom others have asked.
func (p *pass) noticeUnknown(from time.Time) {
	known, since := p.info.Start, "where this ledger begins"
	if adopted := p.info.KnownFrom; !adopted.IsZero() && adopted.Before(known) {
		known, since = adopted, "since when this ledger knows what Agent Connect has received"
	}
	if !from.Before(known) {
		return
	}
	learn := ""
	if p.engine.Receiver != nil {
		learn = fmt.Sprintf("; acsync ledger rebuild --since %s learns of them before",
			from.UTC().Format(time.RFC3339))
	}
	p.tally.notice("the back-fill reaches back before %s, %s: whoever was asked then by other means, such "+
		"as the workflow in Kustomer, is asked again%s", decide.Format(known), since, learn)
}

// listProfiles lists all active profiles before anything is sent: with a part of them, conversations would be
// skipped that no later pass sees again.
func (p *pass) listProfiles(ctx context.Context) error {
	if p.engine.Profiles == nil {
		return nil
	}
	profiles, err := decide.NewProfiles(p.engine.Profiles.Employees(ctx))
	if err != nil {
		return err
	}
	p.fetcher.RequireProfiles(profiles)
	return nil
}

func (p *pass) stages(ctx context.Context) (stages []func(context.Context) error) {
	o := p.engine.Options
	// Asked for once, though several stages want to know.
	estimated := stdsync.OnceValues(func() (fetch.Estimate, error) {
		return p.fetcher.Estimate(ctx, p.cursor.span())
	})

	// A plan names what is to be sent, which confirms it too.
	if o.Plan == nil && !o.DryRun && neverSent(p.info) {
		stages = append(stages, firstRun{p.work, o, p.before, estimated, p.engine.dryCount}.run)
	}
	if p.adopts {
		stages = append(stages, p.adoptIdentity)
	}
	most := pendingAtOnce
	switch c := p.cursor.(type) {
	case *planned:
		return append(stages, (&apply{work: p.work, planned: c, surveyPer: p.seen.surveyPer}).run)
	// What waits of its range may come late in the order of what waits.
	case *backfill:
		stages = append(stages, func(context.Context) error { return c.begin(p.work, estimated) })
		var shared turns
		if p.engine.Turns != nil {
			shared = turns{p.engine.Turns.Wanted, func(ctx context.Context) error { return p.yield(ctx, c) }}
		}
		left := pending{p.work, most, shared}
		return append(stages, left.run, sharedWindows{p.windows(), shared}.run, left.retry)
	}
	if o.Estimate && !p.cursor.span().Empty() {
		stages = append(stages, func(context.Context) error {
			// Who cannot count is found out by the windows.
			if estimate, err := estimated(); err == nil {
				p.tally.observe(Estimated{estimate})
			}
			return nil
		})
	}
	// No more is taken up than the pass may send.
	if limit := o.Limits.AtMost(); limit > 0 {
		most = min(limit, most)
	}
	left := pending{work: p.work, most: most}
	known := fetch.KnownSince(p.info)
	again := reread{windows: p.windows(), back: o.Reread, last: p.before.Reread, known: known}
	return append(stages, left.run, p.windows().run, left.retry, again.run,
		prune{p.work, o.Retain, max(o.Overlap, o.Reread), known}.run)
}

// yield lets whoever waits have the ledger of a back-fill, and returns when the pass can go on; see [Turns].
func (p *pass) yield(ctx context.Context, c *backfill) error {
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
	// A dry run writes nothing.
	if closed == nil && !p.engine.Options.DryRun {
		closed = remembers(p.ledger, *run)
	}
	if errors.Is(closed, store.ErrRolledBack) && !p.engine.Options.DryRun && wasPutBack(before, info) {
		closed = distrust(p.engine.Turns, closed)
	}
	// Its summary is not for a ledger that it does not have, or does not know.
	if p.away = closed != nil; err == nil {
		err = closed
	}
	if err == nil {
		err = p.resume(info, c)
	}
	if err == nil {
		p.tally.observe(TookAgain{After: time.Since(began)})
	}
	return err
}

// resume reads again what others may have changed.
func (p *pass) resume(info store.Info, c *backfill) error {
	adopts, err := checkIdentity(info, p.engine.Options)
	if adopts {
		have, want := info.Identity.OrDefault(), p.engine.Options.SurveyPer.OrDefault()
		err = &IdentityError{Ledger: have, Configured: want}
	}
	if err != nil {
		return err
	}
	// Who was asked is found out when a pass begins.
	if restored := p.doubts.Restored(info); restored != nil && !p.engine.Options.DryRun {
		return restored
	}
	if err := c.resume(p.ledger, info); err != nil {
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
	p.tally.edit(func(r *Result) { r.Checkpoint, r.Backfill = info.Checkpoint, c.entry })
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

// windows is the stage for the range of the pass.
func (p *pass) windows() windows {
	return windows{
		work: p.work, outdated: p.engine.Options.Recheck, span: p.cursor.span(), sweep: p.fetcher.Sweep,
	}
}

func (p *pass) adoptIdentity(context.Context) error {
	if err := p.ledger.Commit(store.Batch{Identity: p.engine.Options.SurveyPer.OrDefault()}); err != nil {
		return unwritten("write down sync.survey_per: %w; nothing was sent", err)
	}
	return nil
}

// end closes the pass, whatever happened before, and keeps its summary.
func (p *pass) end(ctx context.Context, err error) (Result, error) {
	err = p.reason(ctx, err)
	p.tally.left(p.tried...)
	// What lies there instead of the ledger of this pass is not touched.
	if !p.away {
		if failed := p.takeBack(p.deliverer.Alike()); failed != nil {
			err = errors.Join(failed, err)
		}
	}
	p.tally.noticeAtTheEnd(p.engine.Options.Overlap)
	p.announce()
	p.tally.edit(func(r *Result) {
		r.Fuse, r.Down, r.Limit = p.deliverer.StopReasons()
		r.Refused = errors.Is(err, deliver.ErrRefused)
		r.Ended = time.Now().UTC()
		r.Outage = p.outageAfter(r.Ended)
	})
	if !p.tally.sofar().Accounted() {
		err = errors.Join(ErrAccounting, err)
	}
	left, unread := p.left()
	err = cmp.Or(err, unread)
	p.judge(err)
	run := p.tally.sofar().summary()
	run.Left = left
	if unconfirmed, ok := errors.AsType[*UnconfirmedError](err); ok {
		run.Unconfirmed = unconfirmed.Planned
	}
	run.Reread = rereadAt(p.tally.sofar(), p.before.Reread, p.fetcher.Started())
	batch := store.Batch{Run: run, Witnessed: p.doubts.witnessed}
	if p.away {
		batch = store.Batch{}
	}
	failed := p.ledger.Commit(batch)
	if failed != nil && p.deliverer.Failure() == nil {
		err = errors.Join(unwritten("record the summary of the pass: %w", failed), err)
		p.judge(err)
		run.Exit = p.tally.sofar().Exit // as the ledger leaves it to the next opening
	}
	// A ledger that was refused is none to replace good copies by.
	if failed == nil && p.opened && !p.away {
		p.backups.keep(ctx)
	}
	result := p.tally.sofar()
	p.tally.observe(PassEnded{result})
	return result, err
}

// left counts the keys that the pass leaves in the ledger for later ones. It asks nothing of a ledger that
// others have now, or that has failed already.
func (p *pass) left() (map[string]int, error) {
	if p.away || p.deliverer.Failure() != nil {
		return nil, nil
	}
	info, err := p.ledger.Info()
	if err != nil {
		return nil, fmt.Errorf("count what the pass leaves in the ledger: %w", err)
	}
	left := map[string]int{}
	for state, n := range info.Counts {
		if !state.Final() && state != store.Skipped {
			left[state.String()] = n
		}
	}
	return left, nil
}

// reason is what ended the pass: a failure to send or remember before all else, and a cause before its call.
func (p *pass) reason(ctx context.Context, err error) error {
	switch failure := p.deliverer.Failure(); {
	case failure != nil:
		return failure
	case errors.Is(err, errHalt):
		return nil
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

func (p *pass) announce() {
	o, would := p.engine.Options, p.tally.sofar().Planned
	if neverSent(p.info) && o.DryRun && o.Unconfirmed > 0 && would > o.Unconfirmed {
		p.tally.notice("the first real pass of a ledger that would create more than %d survey requests has "+
			"to be confirmed, here with --confirm-first-run %d", o.Unconfirmed, would)
	}
}

func (p *pass) judge(err error) {
	if p.engine.Options.ExitCode != nil {
		exit := p.engine.Options.ExitCode(p.tally.sofar(), err)
		p.tally.edit(func(r *Result) { r.Exit = exit })
	}
}
