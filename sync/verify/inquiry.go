// Package verify holds the ledger against Agent Connect's own data: what became of what is in doubt, and whether the
// ledger is the newest. It also carries out what an operator decides by hand.
package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

const (
	// Skew is how far Agent Connect's clock may be behind this machine's. Of a conversation's interactions, one that was
	// created earlier than that before the first attempt is of an earlier survey.
	Skew = 15 * time.Minute
	// askAgain is the longest time between two questions about one doubt.
	askAgain = 24 * time.Hour
)

// Matcher compares what Agent Connect's data show with what the ledger knows: whether that is the newest (see
// account), and what became of what is in doubt.
//
// Presence is proof: an interaction with the stamp of the attempt, or of the same conversation and no older than its first
// attempt, was mailed or will be, and nothing more must be sent, whoever made it.
//
// Absence is only evidence, since the data lag behind by an unknown time and rows can vanish (observed). It
// is believed when all of this holds: the data were read to their end, with the key that the request was sent
// with; they show a request that this very ledger began after the doubt arose, so that they are known to have
// caught up with that moment; and verify_after has passed since. What is left is a request that the service
// held back for all that time. A ledger that does not stamp its requests has no such witness: what is not
// found stays in doubt. So does what carries no number of its own.
type Matcher struct {
	ledger   store.Info // as it was when the data were asked
	stamped  bool       // requests bear stamps, by which the ledger itself is held against the data
	Now      time.Time
	doubts   map[string][]store.Entry
	siblings map[uint64]bool // numbers of the last intents of other keys of conversations in doubt
	follows  recoveryMatcher
	numbers  map[uint64]store.Entry
	found    map[store.Key]bool
	unclear  map[store.Key]bool
	canaries []canary
	account  account
	complete bool
}

// canary is an interaction that this ledger asked for.
type canary struct {
	number  uint64
	created time.Time // after ask: the latest among those with this number or a greater one
}

// NewMatcher asks about what is in doubt, and when requests are stamped about the ledger itself. The data
// have so long to show a request.
func NewMatcher(ledger store.Info, doubtful []store.Entry, stamped bool, wait time.Duration) *Matcher {
	q := &Matcher{
		ledger: ledger, stamped: stamped, account: newAccount(ledger, wait), Now: time.Now(), doubts: map[string][]store.Entry{}, numbers: map[uint64]store.Entry{},
		siblings: map[uint64]bool{}, found: map[store.Key]bool{}, unclear: map[store.Key]bool{},
	}
	for _, entry := range doubtful {
		if entry.Key.Recovery {
			q.follows.add(entry)
			continue
		}
		id := folded(entry.Conversation)
		q.doubts[id] = append(q.doubts[id], entry)
		if entry.Intent > 0 {
			q.numbers[entry.Intent] = entry
		}
	}
	return q
}

// folded is an id or a stamp as it is compared: the service may give it in another case, or padded.
func folded(text string) string { return strings.ToLower(trimmed(text)) }

// trimmed is an id without what it was padded with.
func trimmed(id string) string { return strings.TrimSpace(id) }

// ChecksLedger tells whether the ledger itself is to be held against the data. One that was never made has
// nothing to say.
func (q *Matcher) ChecksLedger() bool { return q.stamped && q.ledger.ID != "" }

// idle tells whether there is nothing to ask.
func (q *Matcher) idle() bool {
	return !q.ChecksLedger() && len(q.doubts) == 0 && len(q.follows.doubts) == 0
}

// About tells whether an entry is among what is asked about.
func (q *Matcher) About(e store.Entry) bool {
	same := func(other store.Entry) bool { return other.Key == e.Key }
	return slices.ContainsFunc(q.doubts[folded(e.Conversation)], same) || slices.ContainsFunc(q.follows.doubts, same)
}

// since is when what is asked about was created at the earliest.
func (q *Matcher) since() (since time.Time) {
	earlier := func(at time.Time) {
		if since.IsZero() || at.Before(since) {
			since = at
		}
	}
	if q.ChecksLedger() {
		earlier(q.account.since)
	}
	for _, entries := range append(slices.Collect(maps.Values(q.doubts)), q.follows.doubts) {
		for _, entry := range entries {
			earlier(Earliest(entry))
		}
	}
	return since
}

// Read reads Agent Connect's data to their end. An error that is store.ErrRolledBack tells that the ledger is
// not the newest; with any other the data could not be read, and what they showed before that counts.
func (q *Matcher) Read(ctx context.Context, memory Lookup, receiver Receiver) error {
	if q.idle() {
		return nil
	}
	if err := q.noteSiblings(memory); err != nil {
		return err
	}
	if err := q.follows.findParents(ctx, memory, receiver); err != nil {
		return err
	}
	since := q.since()
	for i, err := range receiver.Since(ctx, since) {
		if err != nil {
			return fmt.Errorf("read Agent Connect's data from %s: %w", since.UTC().Format(decide.TimeLayout), err)
		}
		q.note(i)
		if err := q.account.audit(memory, MostUnheard); err != nil {
			return err
		}
	}
	q.complete = true
	q.sortCanaries()
	return q.account.audit(memory, 0)
}

// noteSiblings notes which intents are those of other resolutions of a conversation in doubt.
func (q *Matcher) noteSiblings(memory Lookup) error {
	var keys []store.Key
	for _, entries := range q.doubts {
		for _, entry := range entries {
			if entry.Key.Resolution != 0 {
				keys = append(keys, entry.Key)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	family, err := memory.Lookup(keys)
	if err != nil {
		return fmt.Errorf("look up what is in doubt: %w", err)
	}
	for _, record := range family {
		if record.Intent > 0 {
			q.siblings[record.Intent] = true
		}
	}
	return nil
}

// Earliest is when the interaction of a doubtful request was created at the earliest.
func Earliest(e store.Entry) time.Time {
	first := e.First
	if first.IsZero() {
		first = e.Record.Resolution
	}
	return first.Add(-Skew)
}

// note takes in an interaction. It need not have any field. The stamp is looked at before anything else that
// the row says of itself: nothing but the very request can bear it.
func (q *Matcher) note(i agentconnect.Interaction) {
	id := folded(i.ExtInteractionID)
	number, own := q.number(i.Intent)
	if own {
		q.noteStamp(number, i)
	}
	if entry, ok := q.numbers[number]; own && ok && (id == "" || id == folded(entry.Conversation)) {
		q.found[entry.Key] = true
	}
	if i.Recovery {
		q.noteFollowUp(i)
	}
	if id == "" {
		return
	}
	for _, entry := range q.doubts[id] {
		switch q.match(entry, i, number, own) {
		case same:
			q.found[entry.Key] = true
		case perhaps:
			q.unclear[entry.Key] = true
		}
	}
}

// noteStamp takes in an interaction with a stamp of this ledger. One from the future tells nothing of what the
// data have caught up with.
func (q *Matcher) noteStamp(number uint64, i agentconnect.Interaction) {
	if q.ChecksLedger() {
		q.account.note(number, i)
	}
	doubts := len(q.doubts)+len(q.follows.doubts) > 0
	if doubts && number <= q.ledger.Intents && !i.CreatedAt.IsZero() && !i.CreatedAt.After(q.Now) {
		q.canaries = append(q.canaries, canary{number, i.CreatedAt})
	}
}

// match is how far an interaction is that of a doubtful request.
type match int

const (
	other match = iota
	perhaps
	same
)

// match compares an entry with an interaction of its conversation.
func (q *Matcher) match(e store.Entry, i agentconnect.Interaction, number uint64, own bool) match {
	switch {
	case own && number == e.Intent:
		return same
	case !i.CreatedAt.IsZero() && i.CreatedAt.Before(Earliest(e)):
		return other
	case i.Recovery:
		return perhaps // it says so, and might be the request all the same
	case own && e.Key.Resolution != 0 && (q.siblings[number] || e.Attempts == 1 && number < e.Intent):
		return other // of another resolution of the same conversation
	case !own && e.Key.Resolution != 0 && i.CreatedAt.After(e.At.Add(Skew)):
		return perhaps // of a later resolution, since it was created after this one fell into doubt
	case own && e.Key.Resolution != 0:
		return perhaps // of another resolution, or an attempt of this one that was taken for not sent, or is not known any more
	}
	return same
}

// number is that of the intent in a stamp, if it is one of this ledger's.
func (q *Matcher) number(stamp string) (uint64, bool) { return OwnStamp(q.ledger.ID, stamp) }

// OwnStamp reads the number of the intent from a stamp; false for one that is not of the ledger with this id.
func OwnStamp(ledger, stamp string) (uint64, bool) {
	digits, own := strings.CutPrefix(folded(stamp), folded(ledger)+"-")
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, own && err == nil && number < greatest
}

// sortCanaries sorts the witnesses, and gives each the latest creation from its number on.
func (q *Matcher) sortCanaries() {
	slices.SortFunc(q.canaries, func(a, b canary) int { return cmp.Compare(a.number, b.number) })
	for i := len(q.canaries) - 2; i >= 0; i-- {
		if next := q.canaries[i+1].created; next.After(q.canaries[i].created) {
			q.canaries[i].created = next
		}
	}
}

// newerSeen tells whether the data show a request that was begun after the doubt arose. Of a doubt that does
// not tell when it arose nothing is known.
func (q *Matcher) newerSeen(e store.Entry) bool {
	if e.Doubt == 0 {
		return false
	}
	i, _ := slices.BinarySearchFunc(q.canaries, e.Doubt+1, func(w canary, number uint64) int { return cmp.Compare(w.number, number) })
	return i < len(q.canaries) && !q.canaries[i].created.Before(e.At)
}

// Standing is why something stays in doubt although Agent Connect's data were to be asked.
type Standing string

// The standings.
const (
	Unasked  Standing = "unasked"   // the data could not be read, or not to their end
	TooEarly Standing = "too_early" // they need not show it yet
	Unproven Standing = "unproven"  // they do not show it, and nothing later that proves that they would
	Unclear  Standing = "unclear"   // they show a request that might be this one
	OtherKey Standing = "other_key" // it may have been sent with another API key, of which these data say nothing
)

// standing tells why an entry stays in doubt; empty when it need not.
func (q *Matcher) standing(e store.Entry, wait time.Duration, now time.Time) Standing {
	switch {
	case !q.complete:
		return Unasked
	case now.Sub(e.At) < wait:
		return TooEarly
	case q.unclear[e.Key]:
		return Unclear
	case e.Intent > 0 && e.Intent <= q.ledger.BoundAt:
		return OtherKey
	case e.Intent == 0, !q.newerSeen(e), !q.follows.newerSeen(e):
		return Unproven
	}
	return ""
}

// Decide says what is to be written for an entry; false for nothing. What stays in doubt is asked about again after a
// while that grows with its age, so that old doubts do not make every pass read months of data.
func (q *Matcher) Decide(e store.Entry, wait time.Duration, now time.Time) (store.Result, bool) {
	if q.found[e.Key] {
		return store.Result{State: store.Accepted, Reason: string(decide.Verified), Status: e.Status, At: now}, true
	}
	switch q.standing(e, wait, now) {
	case Unasked:
		return store.Result{}, false
	case "":
		return store.Result{State: store.Retry, Reason: string(decide.NotArrived), Status: e.Status, At: now, Due: now}, true
	}
	due := now.Add(min(max(now.Sub(e.At), 0)/4, askAgain))
	if settled := e.At.Add(wait); settled.After(due) {
		due = settled
	}
	return store.Result{State: store.InDoubt, Reason: e.Reason, Status: e.Status, At: e.At, Due: due}, true
}
