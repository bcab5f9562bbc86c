package sync

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/plan"
	"acsync/sync/verify"
)

// ErrAccounting tells of a defect: what a pass found is not the sum of its dispositions.
var ErrAccounting = errors.New("the pass does not add up: the conversations found are not the sum of their dispositions; " +
	"this is a defect of acsync, please report it")

// errHalt ends the reading of windows without being a failure: the Result tells which limit was reached.
var errHalt = errors.New("the pass stopped sending")

// pass is one run of the loop: what it knows and what it has done so far.
type pass struct {
	ledger    Ledger
	observer  Observer
	options   Options
	identity  decide.SurveyPer
	collector *fetch.Fetcher
	deliverer *deliver.Deliverer
	verifier  verify.Settler
	doubtful  []store.Entry   // in doubt when the pass began
	inquiry   *verify.Matcher // what Agent Connect's data tell of those; nil: they were not asked
	witnessed time.Time       // when the data were asked that nothing in them spoke against the ledger; zero if something did
	closed    time.Time       // the checkpoint at the beginning: whatever bears an earlier time was read before; zero for a back-fill
	remembers time.Time       // the ledger knows who was asked about what was marked done since then
	first     bool            // the ledger has never tried to send anything
	opened    bool            // a back-fill that begins with this pass, for the first time or again
	held      bool            // the back-fill's position stays: it has left a conversation for later
	estimated *fetch.Estimate // nil until it was asked for
	sightings seen
	needed    time.Time                  // the earliest resolution among those that it has met as already sent; zero for none
	adopt     store.Identity             // what the ledger is to remember as one from now on; empty: as before
	planned   map[store.Key]plan.Planned // what a plan that is carried out names
	outside   []string                   // conversations that no pass reads, for the notice
	differing int                        // of these: not sent, because they are not as planned any more
	taken     map[store.Key]bool         // taken up from the ledger, so that a window that holds them too does not count them again
	stood     map[store.Key]bool         // the keys that a window gives to those, where they wait under another

	mu     stdsync.Mutex // events and rows come from several goroutines
	result Result
}

// begin asks the clock and the ledger, and opens the pass. What it is given as halt ends the sending.
func (e *Engine) begin(ctx context.Context, halt func(error)) (*pass, error) {
	p := e.newPass(halt)
	info, err := e.Ledger.Info()
	if err != nil {
		return p, fmt.Errorf("read the ledger: %w", err)
	}
	if err := p.checkIdentity(info); err != nil {
		return p, err
	}
	p.result.Checkpoint, p.first = info.Checkpoint, !tried(info)
	p.verifier = verify.Settler{
		Ledger:       e.Ledger,
		Verification: verify.Verification{Receiver: e.Receiver, After: e.Options.VerifyAfter, Stamped: e.Options.Stamp},
	}
	clock := e.Now
	if clock == nil {
		clock = time.Now
	}
	before := clock()
	now, err := e.Source.ServerTime(ctx)
	if err != nil {
		return p, fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	after := clock()
	if err := p.compareClocks(now, before, after); err != nil {
		return p, err
	}
	p.collector.Begin(now)
	if err := p.chart(info, fetch.Clocks{Kustomer: now, Own: after}); err != nil {
		return p, err
	}
	if err := p.consult(ctx, info); err != nil {
		return p, err
	}
	return p, p.roster(ctx, e.Roster)
}

func (e *Engine) newPass(halt func(error)) *pass {
	p := &pass{ledger: e.Ledger, observer: e.Observer, options: e.Options, taken: map[store.Key]bool{}, stood: map[store.Key]bool{}}
	started := time.Now().UTC()
	p.result = Result{
		Pass: passID(started), Mode: e.Options.Mode, DryRun: e.Options.DryRun, Started: started,
		Counts: map[store.State]int{}, Reasons: Reasons{},
	}
	p.deliverer = deliver.New(deliver.Options{
		Journal: e.Ledger, Sender: e.Sender, Limits: e.Options.Limits, Stamp: e.Options.Stamp,
		Concurrency: e.Options.Concurrency, Halt: halt,
	})
	p.collector = fetch.New(fetch.Options{
		Source: e.Source, Directory: e.Directory, Memory: e.Ledger, Policy: e.Options.Policy, SurveyPer: e.Options.SurveyPer,
		Notice: p.notice, Unseen: p.unseen, Limits: e.reach,
	})
	p.identity = decide.SurveyPer(decide.SurveyPerOr(e.Options.SurveyPer))
	return p
}

// passID names a pass: when it began, and four random digits.
func passID(at time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, since Go 1.24)
	return at.Format("20060102T150405Z-") + hex.EncodeToString(random[:])
}

// halted tells why no further window is to be delivered: a failure, a signal, or a fuse. Nil: go on.
func (p *pass) halted(ctx context.Context) error {
	switch {
	case p.deliverer.Failure() != nil:
		return p.deliverer.Failure()
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case p.deliverer.Stopped():
		return errHalt
	}
	return nil
}

// end closes the pass, whatever happened before, and keeps its summary.
func (p *pass) end(ctx context.Context, err error) (Result, error) {
	err = p.reason(ctx, err)
	p.noticeLateness()
	p.noticeUnseen()
	p.noticeOutside()
	p.announce()
	p.result.Fuse, p.result.Down, p.result.Limit = p.deliverer.StopReasons()
	p.result.Refused = errors.Is(err, deliver.ErrRefused)
	p.result.Ended = time.Now().UTC()
	if !p.result.Accounted() {
		err = errors.Join(ErrAccounting, err)
	}
	p.judge(err)
	if failed := p.ledger.Commit(store.Batch{Run: p.result.summary(), Witnessed: p.witnessed}); failed != nil && p.deliverer.Failure() == nil {
		err = errors.Join(&store.WriteError{Err: fmt.Errorf("record the summary of the pass: %w", failed)}, err)
		p.judge(err)
	}
	p.observe(PassEnded{p.result})
	return p.result, err
}

// reason is what ended the pass, where several things did: a failure to send or to remember before all else, and the
// cause of a cancelled call rather than the call.
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

// notice says something that the operator should know; the report repeats it.
func (p *pass) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Notices = append(p.result.Notices, text)
	p.observer.Observe(Notice{text})
}

// unseen counts conversations that Kustomer counts and does not show to this key.
func (p *pass) unseen(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Unseen += n
}

func (p *pass) noticeUnseen() {
	if n := p.result.Unseen; n > 0 {
		p.notice("Kustomer counts %d conversations more than it shows: they are hidden from this API key, or were just deleted, and "+
			"were not asked about", n)
	}
}

// noticeLateness warns when Kustomer's search came so late that the overlap hardly covered it: what comes later than
// that is never seen.
func (p *pass) noticeLateness() {
	if overlap := p.options.Overlap; p.result.Late > 0 && p.result.Latest > overlap*8/10 {
		p.notice("a conversation showed up %s below the checkpoint, and sync.overlap is %s: what comes later than the overlap "+
			"is never seen; make it longer", p.result.Latest.Round(time.Second), overlap)
	}
}

func (p *pass) judge(err error) {
	if p.options.Verdict != nil {
		p.result.Exit = p.options.Verdict(p.result, err)
	}
}

func (p *pass) observe(event Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observer.Observe(event)
}
