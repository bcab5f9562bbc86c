package sync

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
)

const (
	// Skew is how far Agent Connect's clock may be behind this machine's. Of a conversation's interactions, one that was
	// created earlier than that before the first attempt is of an earlier survey.
	Skew = 15 * time.Minute
	// askAgain is the longest time between two questions about one doubt.
	askAgain = 24 * time.Hour
)

// inquiry compares what Agent Connect's data show with what the ledger knows: whether that is the newest (see
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
type inquiry struct {
	ledger    store.Info // as it was when the data were asked
	stamped   bool       // requests bear stamps, by which the ledger itself is held against the data
	now       time.Time
	doubts    map[string][]store.Entry
	siblings  map[uint64]bool // numbers of the last intents of other keys of conversations in doubt
	follows   followUps
	numbers   map[uint64]store.Entry
	found     map[store.Key]bool
	unclear   map[store.Key]bool
	witnesses []witness
	account   account
	complete  bool
}

// witness is an interaction that this ledger asked for.
type witness struct {
	number  uint64
	created time.Time // after ask: the latest among those with this number or a greater one
}

// newInquiry asks about what is in doubt, and when requests are stamped about the ledger itself. The data
// have so long to show a request.
func newInquiry(ledger store.Info, doubtful []store.Entry, stamped bool, wait time.Duration) *inquiry {
	q := &inquiry{
		ledger: ledger, stamped: stamped, account: newAccount(ledger, wait), now: time.Now(), doubts: map[string][]store.Entry{}, numbers: map[uint64]store.Entry{},
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

// witnessing tells whether the ledger itself is to be held against the data. One that was never made has
// nothing to say.
func (q *inquiry) witnessing() bool { return q.stamped && q.ledger.ID != "" }

// idle tells whether there is nothing to ask.
func (q *inquiry) idle() bool {
	return !q.witnessing() && len(q.doubts) == 0 && len(q.follows.doubts) == 0
}

// about tells whether an entry is among what is asked about.
func (q *inquiry) about(e store.Entry) bool {
	same := func(other store.Entry) bool { return other.Key == e.Key }
	return slices.ContainsFunc(q.doubts[folded(e.Conversation)], same) || slices.ContainsFunc(q.follows.doubts, same)
}

// since is when what is asked about was created at the earliest.
func (q *inquiry) since() (since time.Time) {
	earlier := func(at time.Time) {
		if since.IsZero() || at.Before(since) {
			since = at
		}
	}
	if q.witnessing() {
		earlier(q.account.since)
	}
	for _, entries := range append(slices.Collect(maps.Values(q.doubts)), q.follows.doubts) {
		for _, entry := range entries {
			earlier(earliest(entry))
		}
	}
	return since
}

// ask reads Agent Connect's data to their end. An error that is store.ErrRolledBack tells that the ledger is
// not the newest; with any other the data could not be read, and what they showed before that counts.
func (q *inquiry) ask(ctx context.Context, memory Recall, receiver Receiver) error {
	if q.idle() {
		return nil
	}
	if err := q.acquaint(memory); err != nil {
		return err
	}
	if err := q.follows.trace(ctx, memory, receiver); err != nil {
		return err
	}
	since := q.since()
	for i, err := range receiver.Since(ctx, since) {
		if err != nil {
			return fmt.Errorf("read Agent Connect's data from %s: %w", since.UTC().Format(timeLayout), err)
		}
		q.note(i)
		if err := q.account.audit(memory, mostUnheard); err != nil {
			return err
		}
	}
	q.complete = true
	q.seal()
	return q.account.audit(memory, 0)
}

// acquaint notes which intents are those of other resolutions of a conversation in doubt.
func (q *inquiry) acquaint(memory Recall) error {
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

// earliest is when the interaction of a doubtful request was created at the earliest.
func earliest(e store.Entry) time.Time {
	first := e.First
	if first.IsZero() {
		first = e.Record.Resolution
	}
	return first.Add(-Skew)
}

// note takes in an interaction. It need not have any field. The stamp is looked at before anything else that
// the row says of itself: nothing but the very request can bear it.
func (q *inquiry) note(i agentconnect.Interaction) {
	id := folded(i.ExtInteractionID)
	number, own := q.number(i.Intent)
	if own {
		q.heed(number, i)
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
		switch q.compare(entry, i, number, own) {
		case same:
			q.found[entry.Key] = true
		case perhaps:
			q.unclear[entry.Key] = true
		}
	}
}

// heed takes in an interaction with a stamp of this ledger. One from the future tells nothing of what the
// data have caught up with.
func (q *inquiry) heed(number uint64, i agentconnect.Interaction) {
	if q.witnessing() {
		q.account.note(number, i)
	}
	doubts := len(q.doubts)+len(q.follows.doubts) > 0
	if doubts && number <= q.ledger.Intents && !i.CreatedAt.IsZero() && !i.CreatedAt.After(q.now) {
		q.witnesses = append(q.witnesses, witness{number, i.CreatedAt})
	}
}

// likeness is how far an interaction is that of a doubtful request.
type likeness int

const (
	other likeness = iota
	perhaps
	same
)

// compare compares an entry with an interaction of its conversation.
func (q *inquiry) compare(e store.Entry, i agentconnect.Interaction, number uint64, own bool) likeness {
	switch {
	case own && number == e.Intent:
		return same
	case !i.CreatedAt.IsZero() && i.CreatedAt.Before(earliest(e)):
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
func (q *inquiry) number(stamp string) (uint64, bool) { return OwnStamp(q.ledger.ID, stamp) }

// OwnStamp reads the number of the intent from a stamp; false for one that is not of the ledger with this id.
func OwnStamp(ledger, stamp string) (uint64, bool) {
	digits, own := strings.CutPrefix(folded(stamp), folded(ledger)+"-")
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, own && err == nil && number < greatest
}

// seal sorts the witnesses, and gives each the latest creation from its number on.
func (q *inquiry) seal() {
	slices.SortFunc(q.witnesses, func(a, b witness) int { return cmp.Compare(a.number, b.number) })
	for i := len(q.witnesses) - 2; i >= 0; i-- {
		if next := q.witnesses[i+1].created; next.After(q.witnesses[i].created) {
			q.witnesses[i].created = next
		}
	}
}

// witnessed tells whether the data show a request that was begun after the doubt arose. Of a doubt that does
// not tell when it arose nothing is known.
func (q *inquiry) witnessed(e store.Entry) bool {
	if e.Doubt == 0 {
		return false
	}
	i, _ := slices.BinarySearchFunc(q.witnesses, e.Doubt+1, func(w witness, number uint64) int { return cmp.Compare(w.number, number) })
	return i < len(q.witnesses) && !q.witnesses[i].created.Before(e.At)
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
func (q *inquiry) standing(e store.Entry, wait time.Duration, now time.Time) Standing {
	switch {
	case !q.complete:
		return Unasked
	case now.Sub(e.At) < wait:
		return TooEarly
	case q.unclear[e.Key]:
		return Unclear
	case e.Intent > 0 && e.Intent <= q.ledger.BoundAt:
		return OtherKey
	case e.Intent == 0, !q.witnessed(e), !q.follows.witnessed(e):
		return Unproven
	}
	return ""
}

// verdict says what is to be written for an entry; false for nothing. What stays in doubt is asked about again after a
// while that grows with its age, so that old doubts do not make every pass read months of data.
func (q *inquiry) verdict(e store.Entry, wait time.Duration, now time.Time) (store.Result, bool) {
	if q.found[e.Key] {
		return store.Result{State: store.Accepted, Reason: string(Verified), Status: e.Status, At: now}, true
	}
	switch q.standing(e, wait, now) {
	case Unasked:
		return store.Result{}, false
	case "":
		return store.Result{State: store.Retry, Reason: string(NotArrived), Status: e.Status, At: now, Due: now}, true
	}
	due := now.Add(min(max(now.Sub(e.At), 0)/4, askAgain))
	if settled := e.At.Add(wait); settled.After(due) {
		due = settled
	}
	return store.Result{State: store.InDoubt, Reason: e.Reason, Status: e.Status, At: e.At, Due: due}, true
}
