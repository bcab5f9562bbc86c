package sync

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

const mostNamed = 5

// tally counts what a pass does, and is the only writer of its result; it is called from several goroutines.
type tally struct {
	observer Observer

	mu      stdsync.Mutex
	result  Result
	outside []string // conversations that no pass reads, for the notice
	people  customers
}

func newTally(observer Observer, o Options) *tally {
	started := time.Now().UTC()
	return &tally{observer: observer, result: Result{
		Pass: cmp.Or(o.Pass, NewPassID(started)), Mode: o.Mode, DryRun: o.DryRun, Started: started,
		Counts: map[store.State]int{}, Reasons: Reasons{}, Settled: map[store.State]int{},
	}}
}

// NewPassID is the id of a pass that begins at a time, such as 20261122T201500Z-7f3a.
func NewPassID(at time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand, since Go 1.24)
	return at.UTC().Format("20060102T150405Z-") + hex.EncodeToString(random[:])
}

func (t *tally) edit(change func(*Result)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.result)
}

// sofar is the result now; its maps are the tally's own.
func (t *tally) sofar() Result {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result
}

func (t *tally) observe(event Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.observer.Observe(event)
}

func (t *tally) started() {
	r := t.sofar()
	t.observe(PassStarted{Pass: r.Pass, Mode: r.Mode, DryRun: r.DryRun, Window: r.Window, Due: r.Due})
}

// found counts what is read; disposed counts it again when it has a disposition.
func (t *tally) found(n int) { t.edit(func(r *Result) { r.Found += n }) }

func (t *tally) unseen(n int) { t.edit(func(r *Result) { r.Unseen += n }) }

// unread counts those of the unseen that may be readable later.
func (t *tally) unread(n int) { t.edit(func(r *Result) { r.Unread += n }) }

func (t *tally) disposed(row Row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.add(row)
	if row.Planned && row.Address != "" && !row.Flagged && !row.Key.Recovery {
		t.people.add(row.Address)
		t.result.Customers = len(t.people.asked)
	}
	if row.Reason == decide.TimeOutOfRange && len(t.outside) < mostNamed {
		t.outside = append(t.outside, fmt.Sprintf("%q (%s)", row.Key.Conversation, row.Message))
	}
	t.observer.Observe(Disposed{row})
}

// left tells that entries stay in the ledger as they are.
func (t *tally) left(entries ...store.Entry) {
	for _, e := range entries {
		t.disposed(rowOfEntry(e))
	}
}

// retract takes back a skip, or a rejection by a rule; agent is the id of one without an active profile.
func (t *tally) retract(key store.Key, skip decide.Reason, agent string) {
	t.edit(func(r *Result) {
		r.Counts[skip.State()]--
		r.Reasons.add(skip.State(), skip, -1)
		r.Refusals = slices.DeleteFunc(
			r.Refusals, func(r store.Refusal) bool { return r.Conversation == key.Conversation })
		if skip == decide.AgentUnknown {
			r.unlisted(agent, -1)
		}
	})
}

// takenBack turns a rejection into what waits.
func (t *tally) takenBack(e store.Entry) {
	row := rowOfEntry(e)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.Counts[store.Rejected]--
	t.result.Reasons.add(store.Rejected, row.Reason, -1)
	t.result.Refusals = slices.DeleteFunc(t.result.Refusals, func(r store.Refusal) bool {
		return r.Conversation == e.Conversation && r.Kind == e.Kind()
	})
	t.result.add(row)
	t.observer.Observe(TakenBack{row})
}

func (t *tally) settled(state store.State) {
	if state != store.InDoubt {
		t.edit(func(r *Result) { r.Settled[state]++ })
	}
}

func (t *tally) recorded(batch store.Batch) {
	t.edit(func(r *Result) {
		for _, late := range batch.Late {
			r.Late++
			r.Latest = max(r.Latest, late)
		}
		if !batch.Checkpoint.IsZero() {
			r.Checkpoint = batch.Checkpoint
		}
		if batch.Backfill != nil {
			r.Backfill = *batch.Backfill
		}
	})
}

// notice says something that the report repeats.
func (t *tally) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.edit(func(r *Result) { r.Notices = append(r.Notices, text) })
	t.observe(Notice{text})
}

func (t *tally) noticeAtTheEnd(overlap time.Duration) {
	r := t.sofar()
	// What comes later than the overlap is found by the daily look back at best.
	if r.Late > 0 && r.Latest > overlap*8/10 {
		t.notice("a conversation showed up %s below the checkpoint, and sync.overlap is %s: what comes "+
			"later than the overlap waits for the look back of each day (sync.reread); make it longer",
			r.Latest.Round(time.Second), overlap)
	}
	if r.Unseen > 0 {
		t.notice("Kustomer counts more conversations than it shows, by %d: these are hidden from this API "+
			"key, were just deleted, or cannot be read, and were not asked about", r.Unseen)
	}
	if people, conversations := t.people.several(); people > 0 {
		t.edit(func(r *Result) { r.Repeated = people })
		t.notice("%d of the customers would be asked about several conversations (%d in all): there is one "+
			"survey request for each conversation, and Agent Connect's suppression period decides how often a "+
			"customer is mailed", people, conversations)
	}
	if n := r.Reasons[store.Skipped][decide.TimeOutOfRange]; n > 0 {
		t.notice("not asked about, because no pass reads the time at which they claim to have been marked "+
			"done: %d, such as %s; look them up in Kustomer", n, strings.Join(t.outside, ", "))
	}
}

// Observer hears what a pass does, from several goroutines, one call at a time.
type Observer interface {
	Observe(Event)
}

// Event is one of the types below.
type Event interface{ event() }

// PassStarted opens a pass.
type PassStarted struct {
	Pass         string
	Mode         string
	DryRun       bool
	fetch.Window     // the whole range
	Due          int // taken up from the ledger: scheduled, to be retried, in doubt
}

// Estimated tells what is to come, before a back-fill begins.
type Estimated struct{ fetch.Estimate }

// WindowRead tells that a window was read whole and decided.
type WindowRead struct {
	fetch.Window
	Found int
	Send  int
}

// Disposed tells what became of one conversation, once for each; of one that was skipped, and then seen again
// to be sent, the last counts.
type Disposed struct{ Row }

// TakenBack tells that what was disposed of as rejected waits after all.
type TakenBack struct{ Row }

// WindowRecorded tells that a window is in the ledger.
type WindowRecorded struct {
	fetch.Window
	Checkpoint time.Time
	Position   time.Time // the same, or how far a back-fill has come
}

// Notice is something that the operator should know, said once.
type Notice struct{ Text string }

// LetGo tells that the pass lets others have the ledger.
type LetGo struct{}

// TookAgain tells that it goes on.
type TookAgain struct{ After time.Duration }

// PassEnded closes a pass.
type PassEnded struct{ Result }

func (PassStarted) event()    {}
func (Estimated) event()      {}
func (WindowRead) event()     {}
func (Disposed) event()       {}
func (TakenBack) event()      {}
func (WindowRecorded) event() {}
func (Notice) event()         {}
func (LetGo) event()          {}
func (TookAgain) event()      {}
func (PassEnded) event()      {}
