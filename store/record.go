package store

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"
)

// Record is what the ledger remembers of a key: never a name, an address or a key of an API.
type Record struct {
	State      State
	Reason     string    // a short stable code: why skipped, rejected, retried; often empty
	Resolution time.Time // when the conversation was marked done; milliseconds
	At         time.Time // when the state was entered; seconds
	Due        time.Time // when a waiting key is taken up again; milliseconds; zero for the others
	First      time.Time // when the first intent was written; seconds; zero where there was none
	Attempts   int       // intents written so far
	Status     int       // the last HTTP status; 0 where there was none
	Intent     uint64    // the number of the last intent; 0 where there was none
	Doubt      uint64    // intents given when the doubt arose; 0 where that is not known, or there is none
}

// Settled reports whether nothing will be sent for the key again by itself. A final state alone does not say
// so: what was rejected because an expression failed on it, without an attempt and without an answer, is
// decided anew, as the expression may have been mended since.
func (r Record) Settled() bool {
	unsent := r.State == Rejected && r.Attempts == 0 && r.Status == 0
	return r.State.Final() && !(unsent && undecided(r.Reason))
}

// Erased reports whether all that is known of the conversation is that it was erased from the ledger, and
// is never to be asked about.
func (r Record) Erased() bool { return r.State == Dropped && r.Reason == ReasonErased }

// Held reports whether a survey request was or may have been sent, or never will be: no decision changes
// that.
func (r Record) Held() bool { return r.Settled() || r.State == Sending || r.State == InDoubt }

// compare orders records by what they say, then by time; by the rest so that no order of merging matters.
func (r Record) compare(other Record) int {
	return cmp.Or(
		r.rank()-other.rank(), r.Resolution.Compare(other.Resolution), r.At.Compare(other.At),
		cmp.Compare(r.State, other.State), strings.Compare(r.Reason, other.Reason),
		cmp.Compare(r.Status, other.Status), r.Due.Compare(other.Due), r.First.Compare(other.First),
		cmp.Compare(r.Intent, other.Intent),
	)
}

// rank tells which of two records says more: that something was sent, may have been, will be, will not be.
func (r Record) rank() int {
	switch {
	case r.Settled():
		return 4
	case r.State == Sending, r.State == InDoubt:
		return 3
	case r.State.Waiting():
		return 2
	case r.State == Skipped:
		return 1
	}
	return 0
}

// requests is how many requests the receiver may have of a key.
func (r Record) requests() int {
	if r.Attempts == 0 && (r.Intent != 0 || r.Held()) {
		return 1
	}
	return r.Attempts
}

// Sending is the record after an intent was noted, in the place of r.
func (r Record) Sending(i Intent, resolution, now time.Time) Record {
	first := r.First
	if first.IsZero() {
		first = now
	}
	return Record{
		State: Sending, Resolution: resolution, At: now, First: first, Attempts: i.Attempt, Intent: i.Number,
	}
}

// Finished is the record after the outcome of an intent. One that ends as scheduled was no attempt: nothing
// of its survey request has left, and all is as it was before it.
func (r Record) Finished(i Intent, x Result) Record {
	if x.State == Scheduled {
		return i.Before
	}
	return r.After(x)
}

// After is the record after a result.
func (r Record) After(x Result) Record {
	r.State, r.Reason, r.Status, r.At, r.Due = x.State, x.Reason, x.Status, x.At, x.Due
	return r
}

// Reopened is the record after a result that takes up again what was over. The time for which it is tried
// begins anew, and so does the count of its attempts, as far as may be: two stand for any number of them,
// because of a key with several attempts any number in the receiver's data is its own. The status stays that
// of its last answer.
func (r Record) Reopened(x Result) Record {
	x.Status = r.Status
	if x.State == Retry {
		r.First, r.Attempts = time.Time{}, min(r.Attempts, 2)
	}
	return r.After(x)
}

// Decided is the record after a decision in the place of r: what is known of the attempts stays.
func (r Record) Decided(next Record) Record {
	if r.Attempts > 0 {
		next.First, next.Attempts, next.Intent = r.First, r.Attempts, r.Intent
	}
	return next
}

// Entry is a key with its record.
type Entry struct {
	Key
	Record
}

// Dated is the record with the number of intents that the ledger has given, for a doubt that arises in the
// place of old: only what was begun later tells whether the receiver has caught up with it.
func (r Record) Dated(old Record, intents uint64) Record {
	switch {
	case r.State != InDoubt:
	case old.State == InDoubt && old.Doubt != 0:
		r.Doubt = old.Doubt
	default:
		// Of an older doubt too: a later moment only asks for a later request.
		r.Doubt = intents
	}
	return r
}

// Expired reports whether nothing waits for the record, and all of it lies before a time. What was forgotten
// never expires: it names nobody, and there is no later moment at which it may be asked about again.
func (r Record) Expired(before time.Time) bool {
	if r.Erased() {
		return false
	}
	return (r.State.Final() || r.State == Skipped) && r.Resolution.Before(before) && r.At.Before(before)
}

// Normalize gives a record the shape in which a ledger can keep it: times in UTC, rounded down to their unit,
// a due time for what waits (at once, unless given) and for nothing else, a reason of a bounded length. It
// refuses a record that has no state or no time at all, and numbers and times outside of any calendar.
func (r Record) Normalize() (Record, error) {
	if r.State == Unknown || r.State > Dropped {
		return r, fmt.Errorf("a record cannot have the state %s", r.State)
	}
	if r.At.IsZero() {
		return r, fmt.Errorf("a record needs the time at which it became %s", r.State)
	}
	if r.Attempts < 0 || r.Attempts > math.MaxInt32 || r.Status < 0 || r.Status > math.MaxInt32 {
		return r, fmt.Errorf("a record cannot have %d attempts and status %d", r.Attempts, r.Status)
	}
	switch {
	case !r.State.Waiting():
		r.Due = time.Time{}
	case r.Due.IsZero():
		r.Due = r.At
	}
	if r.State != InDoubt {
		r.Doubt = 0
	}
	r.Reason = ShortReason(r.Reason)
	err := cmp.Or(
		round(&r.Resolution, time.Millisecond), round(&r.Due, time.Millisecond), round(&r.At, time.Second),
		round(&r.First, time.Second),
	)
	return r, err
}

func round(t *time.Time, unit time.Duration) error {
	if y := t.Year(); !t.IsZero() && (y < 2 || y > 9999) {
		return fmt.Errorf("a record cannot have a time in the year %d", y)
	}
	*t = t.UTC().Truncate(unit) // zero stays zero
	return nil
}

// Intent is the durable note that a survey request is about to be sent.
type Intent struct {
	Key     Key
	Number  uint64 // grows with every intent of the ledger; never used twice
	Ledger  string // id of the ledger
	Attempt int    // how many intents the key has had, this one included
	Before  Record // of the key, when it was begun; zero where the ledger knew nothing of it
	// it is one of a rehearsal, about which no customer is mailed
	Rehearsal bool
	// nothing of its request may leave after this, by either clock of this machine: another process may have
	// the ledger then. Zero: at any time
	SendBy time.Time
}

// Late reports whether it is too late to send the request of the intent. Each of the two clocks of a machine
// can stand still while the machine does; what the one does not see the other may.
func (i Intent) Late(now time.Time) bool {
	return !i.SendBy.IsZero() && (now.After(i.SendBy) || now.Round(0).After(i.SendBy.Round(0)))
}

// rehearsed is what the stamps of rehearsals begin with.
const rehearsed = "rehearsal-"

// String is the stamp of the survey request: the id of the ledger, a hyphen, the number in hex; of a
// rehearsal behind a word that says so.
func (i Intent) String() string {
	stamp := fmt.Sprintf("%s-%x", i.Ledger, i.Number)
	if i.Rehearsal {
		return rehearsed + stamp
	}
	return stamp
}

// Rehearsed reports whether a stamp is one of a rehearsal. The service may have changed its case, or padded
// it.
func Rehearsed(stamp string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(stamp)), rehearsed)
}

// Result is what became of an intent; see [Record.Finished].
type Result struct {
	State  State
	Reason string    // a short stable code; may be empty
	Status int       // the HTTP status; 0 where there was none
	At     time.Time // when it was known
	Due    time.Time // when a waiting key is taken up again; zero is at once
	// it is accepted because the receiver shows a request that does not bear a stamp of this ledger
	Foreign bool
}
