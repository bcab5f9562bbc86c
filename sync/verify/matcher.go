// Package verify compares the ledger with Agent Connect's own data: what became of what is in doubt, and
// whether the ledger is the newest. It also carries out what an operator decides by hand.
package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

// askAgain is the longest time between two questions about one doubt.
const askAgain = 24 * time.Hour

// Matcher compares what Agent Connect's data show with what the ledger knows: whether that is the newest (see
// audit), and what became of what is in doubt.
//
// Presence is proof: an interaction with the stamp of the attempt, or of the same conversation and no older
// than its first attempt, was mailed or will be, and nothing more must be sent, whoever made it.
//
// Absence is only evidence, since the data lag behind by an unknown time and rows can vanish (observed). It
// is believed when all of this holds:
//   - the data were read to their end, with the key that the request was sent with;
//   - they show a canary: a request that this very ledger began after the doubt arose, so that they are known
//     to have caught up with that moment;
//   - verify_after has passed since;
//   - nobody who held the ledger before, and did not let go of it, may still be sending.
//
// What is left is a request that the service held back for all that time. A ledger that does not stamp its
// requests has no canaries: what is not found stays in doubt. So does what has no number of its own.
type Matcher struct {
	Verification
	ledger   store.Info // as it was when the data were asked
	now      time.Time
	doubts   map[string][]store.Entry // survey requests, by conversation
	numbers  map[uint64]store.Entry   // the same, by the number of their intent
	siblings map[uint64]bool          // numbers of the last intents of other keys of conversations in doubt

	recoveries recoveryMatcher
	audit      audit
	canaries   canaries
	found      map[store.Key]bool // with whether it was by a stamp of this ledger
	unclear    map[store.Key]bool
	complete   bool // the data were read to their end
}

// NewMatcher asks about what is in doubt, and when requests are stamped about the ledger itself.
func NewMatcher(ledger store.Info, doubtful []store.Entry, v Verification) *Matcher {
	m := &Matcher{
		Verification: v, ledger: ledger, audit: newAudit(ledger, v.After), now: time.Now(),
		doubts: map[string][]store.Entry{}, numbers: map[uint64]store.Entry{}, siblings: map[uint64]bool{},
		found: map[store.Key]bool{}, unclear: map[store.Key]bool{},
	}
	for _, entry := range doubtful {
		if entry.Key.Recovery {
			m.recoveries.doubts = append(m.recoveries.doubts, entry)
			continue
		}
		id := folded(entry.Conversation)
		m.doubts[id] = append(m.doubts[id], entry)
		if entry.Intent > 0 {
			m.numbers[entry.Intent] = entry
		}
	}
	return m
}

// ChecksLedger reports whether the ledger, unless it was never made, is compared with the data.
func (m *Matcher) ChecksLedger() bool { return m.Stamped && m.ledger.ID != "" }

func (m *Matcher) asksAboutDoubts() bool { return len(m.doubts)+len(m.recoveries.doubts) > 0 }

// About reports whether an entry is among what is asked about.
func (m *Matcher) About(e store.Entry) bool {
	same := func(other store.Entry) bool { return other.Key == e.Key }
	return slices.ContainsFunc(m.doubts[folded(e.Conversation)], same) ||
		slices.ContainsFunc(m.recoveries.doubts, same)
}

func (m *Matcher) since() (since time.Time) {
	earlier := func(at time.Time) {
		if since.IsZero() || at.Before(since) {
			since = at
		}
	}
	if m.ChecksLedger() {
		earlier(m.audit.since)
	}
	for _, entries := range append(slices.Collect(maps.Values(m.doubts)), m.recoveries.doubts) {
		for _, entry := range entries {
			earlier(Earliest(entry))
		}
	}
	return since
}

// Read reads the data to their end. store.ErrRolledBack: the ledger is not the newest; with any other error
// what was shown before it counts.
func (m *Matcher) Read(ctx context.Context, ledger Lookup) error {
	if !m.ChecksLedger() && !m.asksAboutDoubts() {
		return nil
	}
	if err := m.noteSiblings(ledger); err != nil {
		return err
	}
	if err := m.recoveries.findParents(ctx, ledger, m.Receiver); err != nil {
		return err
	}
	since := m.since()
	for i, err := range m.Receiver.Since(ctx, since) {
		if err != nil {
			return fmt.Errorf("read Agent Connect's data from %s: %w", decide.Format(since), err)
		}
		m.note(i)
		if err := m.audit.check(ledger, stampsAtOnce); err != nil {
			return err
		}
	}
	m.complete = true
	m.canaries.sort()
	return m.audit.check(ledger, 0)
}

// noteSiblings notes the intents of other resolutions of a conversation in doubt.
func (m *Matcher) noteSiblings(ledger Lookup) error {
	var keys []store.Key
	for _, entries := range m.doubts {
		for _, entry := range entries {
			if entry.Key.Resolution != 0 {
				keys = append(keys, entry.Key)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	known, err := ledger.Lookup(keys)
	if err != nil {
		return fmt.Errorf("look up what is in doubt: %w", err)
	}
	for _, record := range known {
		if record.Intent > 0 {
			m.siblings[record.Intent] = true
		}
	}
	return nil
}

// note takes in an interaction, which may lack any field. The stamp is looked at first: nothing but the very
// request can have it.
func (m *Matcher) note(i agentconnect.Interaction) {
	// Only the test address was mailed: it proves nothing about the customer.
	if store.Rehearsed(i.Intent) {
		return
	}
	id := folded(i.ExtInteractionID)
	number, own := OwnStamp(m.ledger.ID, i.Intent)
	if own {
		m.noteStamp(number, i)
	}
	if entry, ok := m.numbers[number]; own && ok && (id == "" || id == folded(entry.Conversation)) {
		m.found[entry.Key] = true // its own
	}
	if i.Recovery {
		m.recoveries.note(i, m.found, m.unclear)
	}
	if id == "" {
		return
	}
	for _, entry := range m.doubts[id] {
		switch m.match(entry, i, number, own) {
		case same:
			m.found[entry.Key] = own || m.found[entry.Key]
		case perhaps:
			m.unclear[entry.Key] = true
		}
	}
}

func (m *Matcher) noteStamp(number uint64, i agentconnect.Interaction) {
	if m.ChecksLedger() {
		m.audit.note(number, i)
	}
	if m.asksAboutDoubts() && number <= m.ledger.Intents {
		m.canaries.note(number, i.CreatedAt, m.now)
	}
}

// match is how far an interaction is that of a doubtful request.
type match int

const (
	other match = iota
	perhaps
	same
)

// match is how far an interaction is that of a doubtful request.
func (m *Matcher) match(e store.Entry, i agentconnect.Interaction, number uint64, own bool) match {
	perResolution := e.Key.Resolution != 0
	switch {
	// No ledger gives a number twice. Should one have it twice all the same, both have arrived rather than one
	// is sent again.
	case own && number == e.Intent:
		return same
	case !i.CreatedAt.IsZero() && i.CreatedAt.Before(Earliest(e)):
		return other
	// It says that it is a recovery, and might be the request all the same.
	case i.Recovery:
		return perhaps
	// Of another resolution of the same conversation.
	case own && perResolution && (m.siblings[number] || e.Attempts == 1 && number < e.Intent):
		return other
	// Of a later resolution, since it was created after this one fell into doubt.
	case !own && perResolution && i.CreatedAt.After(e.At.Add(Skew)):
		return perhaps
	// Of another resolution, or an attempt of this one that was taken for not sent, or is not known any more.
	case own && perResolution:
		return perhaps
	}
	return same
}

// Standing is why something stays in doubt although Agent Connect's data were to be asked.
type Standing string

// The standings.
const (
	Unasked  Standing = "unasked"   // the data could not be read, or not to their end
	TooEarly Standing = "too_early" // they need not show it yet
	// whoever held the ledger before, and did not let go of it, may still be sending it
	TakenOver Standing = "taken_over"
	Unproven  Standing = "unproven" // they do not show it, and nothing later that proves that they would
	Unclear   Standing = "unclear"  // they show a request that might be this one
	// perhaps it was sent with another API key, of which these data say nothing
	OtherKey Standing = "other_key"
)

// Waits reports whether only time is missing: before some moment the silence of the data proves nothing.
func (s Standing) Waits() bool { return s == TooEarly || s == TakenOver }

// standing is why an entry stays in doubt; empty when it need not.
func (m *Matcher) standing(e store.Entry, now time.Time) Standing {
	switch {
	case !m.complete:
		return Unasked
	case now.Before(m.ledger.Unsure):
		return TakenOver
	case now.Sub(e.At) < m.After:
		return TooEarly
	case m.unclear[e.Key]:
		return Unclear
	case e.Intent > 0 && e.Intent <= m.ledger.BoundAt:
		return OtherKey
	case e.Intent == 0, !m.canaries.newerSeen(e), !m.recoveries.newerSeen(e):
		return Unproven
	}
	return ""
}

// until is when the absence of a request begins to prove anything, at the earliest.
func (m *Matcher) until(e store.Entry) time.Time {
	if until := e.At.Add(m.After); until.After(m.ledger.Unsure) {
		return until
	}
	return m.ledger.Unsure
}

// decide is what is to be written; false for nothing. A doubt is asked about again after a while that grows
// with its age, so that old ones do not make every pass read months of data.
func (m *Matcher) decide(e store.Entry, now time.Time) (store.Result, bool) {
	if own, found := m.found[e.Key]; found {
		result := received(now, own)
		result.Status = e.Status
		return result, true
	}
	switch m.standing(e, now) {
	case Unasked:
		return store.Result{}, false
	case "":
		reason := string(decide.NotArrived)
		return store.Result{State: store.Retry, Reason: reason, Status: e.Status, At: now, Due: now}, true
	}
	due := now.Add(min(max(now.Sub(e.At), 0)/4, askAgain))
	if until := m.until(e); until.After(due) {
		due = until
	}
	return store.Result{State: store.InDoubt, Reason: e.Reason, Status: e.Status, At: e.At, Due: due}, true
}

// Settle writes down what the data tell, and gives all entries as they are then, in their order.
func (m *Matcher) Settle(ledger SettleLog, doubtful []store.Entry) ([]store.Entry, error) {
	entries, now := slices.Clone(doubtful), time.Now()
	for i, entry := range doubtful {
		result, decided := m.decide(entry, now)
		if !decided {
			continue
		}
		if err := ledger.Settle(entry.Key, entry.Intent, result); err != nil {
			return entries, &store.WriteError{Err: fmt.Errorf("settle what is in doubt: %w", err)}
		}
		entries[i].Record = entry.After(result)
	}
	return entries, nil
}
