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

// inquiry compares what is in doubt with the interactions that Agent Connect's data show. It is pure but for ask.
//
// Presence is proof: an interaction with the stamp of the attempt, or of the same conversation and no older than its first
// attempt, was mailed or will be, and nothing more must be sent, whoever made it.
//
// Absence is only evidence, since the data lag behind by an unknown time and rows can vanish (observed). It is believed
// when all of this holds: the data were read to their end; they show a later request of this very ledger, one with a
// greater number that was received after the doubt arose, so that they are known to have caught up with that moment; and
// verify_after has passed since. What is left is a request that the service held back for all that time. A ledger that does not stamp its requests has no such witness: what is not found stays
// in doubt. So does what carries no number of its own.
type inquiry struct {
	ledger    string // id
	doubts    map[string][]store.Entry
	follows   followUps
	numbers   map[uint64]store.Entry
	found     map[store.Key]bool
	unclear   map[store.Key]bool
	witnesses []witness
	complete  bool
}

// witness is an interaction that this ledger asked for.
type witness struct {
	number  uint64
	created time.Time // after ask: the latest among those with this number or a greater one
}

func newInquiry(ledger string, doubtful []store.Entry) *inquiry {
	q := &inquiry{
		ledger: ledger, doubts: map[string][]store.Entry{}, numbers: map[uint64]store.Entry{},
		found: map[store.Key]bool{}, unclear: map[store.Key]bool{},
	}
	for _, entry := range doubtful {
		if entry.Key.Recovery {
			q.follows.add(entry)
			continue
		}
		id := strings.ToLower(entry.Conversation)
		q.doubts[id] = append(q.doubts[id], entry)
		if entry.Intent > 0 {
			q.numbers[entry.Intent] = entry
		}
	}
	return q
}

// ask reads what was created since the earliest doubt arose, until all is found or there is no more.
func (q *inquiry) ask(ctx context.Context, receiver Receiver) error {
	var since time.Time
	asked := 0
	for _, entries := range append(slices.Collect(maps.Values(q.doubts)), q.follows.doubts) {
		for _, entry := range entries {
			if from := earliest(entry); asked == 0 || from.Before(since) {
				since = from
			}
			asked++
		}
	}
	for i, err := range receiver.Since(ctx, since) {
		if err != nil {
			return fmt.Errorf("read Agent Connect's data from %s: %w", since.UTC().Format(timeLayout), err)
		}
		if q.note(i); len(q.found) == asked {
			break
		}
	}
	q.complete = true
	q.seal()
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

// note takes in an interaction. It need not have any field.
func (q *inquiry) note(i agentconnect.Interaction) {
	if i.Recovery {
		q.noteFollowUp(i)
		return
	}
	number, own := q.number(i.Intent)
	if own && !i.CreatedAt.IsZero() {
		q.witnesses = append(q.witnesses, witness{number, i.CreatedAt})
	}
	if i.ExtInteractionID == "" {
		if entry, ok := q.numbers[number]; own && ok {
			q.found[entry.Key] = true
		}
		return
	}
	for _, entry := range q.doubts[strings.ToLower(i.ExtInteractionID)] {
		switch q.compare(entry, i, number, own) {
		case same:
			q.found[entry.Key] = true
		case perhaps:
			q.unclear[entry.Key] = true
		}
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
	case own && e.Key.Resolution != 0 && (e.Attempts == 1 || number > e.Intent):
		return other // of another resolution of the same conversation
	case !own && e.Key.Resolution != 0 && i.CreatedAt.After(e.At.Add(Skew)):
		return perhaps // of a later resolution, since it was created after this one fell into doubt
	case own && e.Key.Resolution != 0:
		return perhaps // of another resolution, or an earlier attempt of this one that was taken for not sent
	}
	return same
}

// number is that of the intent in a stamp, if it is one of this ledger's.
func (q *inquiry) number(stamp string) (uint64, bool) {
	digits, own := strings.CutPrefix(stamp, q.ledger+"-")
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, own && err == nil
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

// witnessed tells whether the data show a request that was begun later than the doubtful one, and received after the
// doubt arose.
func (q *inquiry) witnessed(e store.Entry) bool {
	i, _ := slices.BinarySearchFunc(q.witnesses, e.Intent+1, func(w witness, number uint64) int { return cmp.Compare(w.number, number) })
	return i < len(q.witnesses) && !q.witnesses[i].created.Before(e.At)
}

// verdict says what is to be written for an entry; false for nothing. What stays in doubt is asked about again after a
// while that grows with its age, so that old doubts do not make every pass read months of data.
func (q *inquiry) verdict(e store.Entry, wait time.Duration, now time.Time) (store.Result, bool) {
	age := now.Sub(e.At)
	switch {
	case q.found[e.Key]:
		return store.Result{State: store.Accepted, Reason: string(Verified), Status: e.Status, At: now}, true
	case !q.complete:
		return store.Result{}, false
	case age >= wait && e.Intent > 0 && !q.unclear[e.Key] && q.witnessed(e) && q.follows.witnessed(e):
		return store.Result{State: store.Retry, Reason: string(NotArrived), Status: e.Status, At: now, Due: now}, true
	}
	due := now.Add(min(max(age, 0)/4, askAgain))
	if settled := e.At.Add(wait); settled.After(due) {
		due = settled
	}
	return store.Result{State: store.InDoubt, Reason: e.Reason, Status: e.Status, At: e.At, Due: due}, true
}
