package audit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/verify"
)

// Remedy is what can be done about a finding.
type Remedy string

// The remedies.
const (
	Mark    Remedy = "mark"     // mending marks it as accepted, as it is there
	Queue   Remedy = "queue"    // mending queues it: the next pass decides anew, and asks
	NoRoom  Remedy = "no_room"  // the same, when what is queued already has been sent
	TooOld  Remedy = "too_old"  // a back-fill asks; passes would not, because of sync.max_age
	Before  Remedy = "before"   // a back-fill asks: it lies before the time that the ledger knows
	Without Remedy = "backfill" // a back-fill asks: there is no ledger to queue it in
	LookUp  Remedy = "look_up"  // somebody has to look whether it was asked: the data do not reach that far
	Resolve Remedy = "resolve"  // acsync resolve settles it
	Nothing Remedy = "look"     // nothing can be done about it but to find out why
)

// Mending is how findings are mended.
type Mending struct {
	Terms
	Oldest time.Time // what was marked done earlier passes take for stale, the delay not counted; zero: nothing
	Most   int       // so many may wait in the ledger altogether
	// Lacking: Agent Connect's data lack most of what the ledger has as accepted, so that it proves nothing
	// that they do not show a request.
	Lacking bool
}

// Remedy is what can be done about a finding, the room for what is queued aside.
func (m Mending) Remedy(f Finding) Remedy {
	switch {
	case m.marks(f):
		return Mark
	case f.Kind == InDoubt:
		return Resolve
	case f.Kind != NeverAsked:
		return Nothing
	case !f.Certain, m.Lacking:
		return LookUp
	case m.Ledger == "":
		return Without
	case !f.Resolved.After(m.Known):
		return Before
	case !m.Oldest.IsZero() && f.Resolved.Add(f.Delay).Before(m.Oldest):
		return TooOld
	}
	return Queue
}

// marks reports whether a finding is of what Agent Connect has, and the ledger does not have as accepted.
func (m Mending) marks(f Finding) bool {
	switch f.Record.State {
	case store.Accepted:
		return false
	case store.Sending, store.InDoubt:
		return slices.ContainsFunc(f.Requests, func(r Request) bool { return r.Ours })
	}
	return m.Ledger != "" && len(m.requestsOf(f)) > 0
}

// Remedies counts what can be done, where so many wait in the ledger already.
func (m Mending) Remedies(findings Findings, waiting int) (map[Remedy]int, error) {
	counts := map[Remedy]int{}
	err := findings.Each(func(f Finding) error {
		counts[m.Remedy(f)]++
		return nil
	})
	if more := counts[Queue] - m.room(waiting); more > 0 {
		counts[NoRoom] = more
		counts[Queue] -= more
	}
	return counts, err
}

// room is how many can be queued. A pass that creates as many requests as it may stops: half of them are left
// for what it finds itself.
func (m Mending) room(waiting int) int { return max((m.Most+1)/2-waiting, 0) }

// Findings are all findings of an audit.
type Findings interface {
	Each(take func(Finding) error) error
}

// Ledger is what mending needs of the ledger.
type Ledger interface {
	Info() (store.Info, error)
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
	// Commit is durable when it returns: all of it, or nothing.
	Commit(b store.Batch) error
	verify.Reopener
}

// Mended is what mending has done, also where it came to no end.
type Mended struct {
	Marked, Queued int
	Left           int // of what was to be queued: others have come before, or there is no room
}

// mendedAtOnce is how many findings one transaction mends.
const mendedAtOnce = 1000

// ErrBehind is a ledger that knows less than it has sent.
var ErrBehind = fmt.Errorf("%w: Agent Connect shows requests of this ledger that it does not know of, and "+
	"nothing was written, because whoever was asked meanwhile would be asked again. Stop whatever else uses a "+
	"copy of it, then run acsync ledger rebuild, which learns from Agent Connect who was asked",
	store.ErrRolledBack)

// Mend marks as accepted what Agent Connect has, and queues what was never asked, each after a look at what
// the ledger says of it by now: what waits, or was or may have been sent, is left as it is. mark enters
// requests into the ledger as a rebuild does, and says how many conversations are new to it. shown is the
// greatest number of an intent that Agent Connect shows of the ledger.
func (m Mending) Mend(
	ledger Ledger, findings Findings, shown uint64, mark func([]agentconnect.Interaction) (int, error),
	now time.Time,
) (done Mended, err error) {
	info, err := ledger.Info()
	switch {
	case err != nil:
		return done, fmt.Errorf("read the ledger: %w", err)
	case info.ID != m.Ledger:
		return done, fmt.Errorf("%w: it was replaced by another while it was audited, and nothing was "+
			"written; run the same command again", store.ErrRolledBack)
	case info.Identity.OrDefault() != m.Identity.OrDefault():
		return done, exit.New(exit.Usage, "the ledger counts surveys by another unit (sync.survey_per) than it did "+
			"when it was audited, and nothing was written; run the same command again")
	case shown > info.Intents:
		return done, ErrBehind
	}
	w := mending{
		Mending: m, ledger: ledger, mark: mark, now: now,
		room: m.room(info.Counts[store.Scheduled] + info.Counts[store.Retry]),
	}
	err = findings.Each(func(f Finding) error {
		if w.part = append(w.part, f); len(w.part) < mendedAtOnce {
			return nil
		}
		return w.flush()
	})
	if err == nil {
		err = w.flush()
	}
	if err != nil && !errors.Is(err, store.ErrRolledBack) {
		err = &store.WriteError{Err: fmt.Errorf("mend what was found: %w", err)}
	}
	return w.done, err
}

// mending is under way.
type mending struct {
	Mending
	ledger Ledger
	mark   func([]agentconnect.Interaction) (int, error)
	now    time.Time
	room   int
	part   []Finding
	done   Mended
}

func (w *mending) flush() error {
	part := w.part
	w.part = w.part[:0]
	if len(part) == 0 {
		return nil
	}
	keys := make([]store.Key, len(part))
	for i, f := range part {
		keys[i] = store.Key{Conversation: f.Conversation}
	}
	known, err := w.ledger.Lookup(keys)
	if err != nil {
		return err
	}
	entries, _ := decide.GroupByConversation(known)
	if err := w.markAll(part, entries); err != nil {
		return err
	}
	return w.queueAll(part, entries)
}

// markAll marks what is there. What was refused or given up after it had arrived by other means, a rebuild
// leaves.
func (w *mending) markAll(part []Finding, entries map[string][]store.Entry) error {
	var there []agentconnect.Interaction
	var over verify.Received
	for _, f := range part {
		if w.Remedy(f) != Mark {
			continue
		}
		for _, e := range entries[f.Conversation] {
			requests := w.requestsOf(f)
			if len(requests) > 0 && verify.Over(e.Record) && w.about(f, e) {
				over.Add(e, slices.ContainsFunc(requests, func(r Request) bool { return r.Ours }))
			}
		}
		for _, r := range f.Requests {
			there = append(there, agentconnect.Interaction{
				UUID: r.UUID, ExtInteractionID: f.Conversation, Intent: r.Stamp, CreatedAt: r.At,
			})
		}
	}
	n, err := over.Accept(w.ledger, w.now)
	w.done.Marked += n
	if err != nil || len(there) == 0 {
		return err
	}
	n, err = w.mark(there)
	w.done.Marked += n
	return err
}

func (w *mending) queueAll(part []Finding, entries map[string][]store.Entry) error {
	var batch store.Batch
	per := decide.SurveyPer(w.Identity)
	for _, f := range part {
		if w.Remedy(f) != Queue {
			continue
		}
		if w.room == 0 || !w.free(f, entries[f.Conversation]) {
			w.done.Left++
			continue
		}
		w.room--
		resolved := decide.CanonicalTime(f.Resolved, entries[f.Conversation]...)
		batch.Entries = append(batch.Entries, store.Entry{
			Key: per.KeyAt(store.Key{Conversation: f.Conversation}, resolved),
			Record: store.Record{
				State: store.Scheduled, Reason: string(decide.ByHand), Resolution: resolved,
				At: w.now, Due: w.now,
			},
		})
	}
	if len(batch.Entries) == 0 {
		return nil
	}
	if err := w.ledger.Commit(batch); err != nil {
		return err
	}
	w.done.Queued += len(batch.Entries)
	return nil
}

// free reports whether nothing in the ledger stands in the way of asking: skips at most.
func (w *mending) free(f Finding, entries []store.Entry) bool {
	blocks := func(e store.Entry) bool { return e.State != store.Skipped && w.about(f, e) }
	if slices.ContainsFunc(entries, blocks) {
		return false
	}
	per := decide.SurveyPer(w.Identity)
	key := per.KeyAt(store.Key{Conversation: f.Conversation}, f.Resolved)
	known := per.Effective(key, f.Resolved, entries)
	return known.State == store.Unknown || known.State == store.Skipped
}

// about reports whether an entry is about what a finding is about: its conversation, or its resolution.
func (w *mending) about(f Finding, e store.Entry) bool {
	return !w.perResolution() || decide.SameResolution(e.Record.Resolution, f.Resolved)
}
