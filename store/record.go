package store

import (
	"fmt"
	"time"
)

// State is the disposition of a key: where its conversation stands.
type State uint8

// The states, in the order of a conversation's life. Their numbers are written to the ledger and never change.
const (
	Unknown   State = 0 // the ledger has never heard of the key
	Scheduled State = 1 // decided "send", waits for its time
	Sending   State = 2 // an intent is open: a POST may or may not have left
	Accepted  State = 3 // Agent Connect took the survey request; final
	Rejected  State = 4 // Agent Connect refused it for good; final
	Retry     State = 5 // certainly not sent; tried again when due
	InDoubt   State = 6 // may have arrived; never sent again blindly
	Skipped   State = 7 // decided "skip"; decided anew whenever the conversation is seen
	Dropped   State = 8 // given up by the operator; final
)

// States lists every state that a key in the ledger can have.
func States() []State {
	return []State{Scheduled, Sending, Accepted, Rejected, Retry, InDoubt, Skipped, Dropped}
}

// String is the name that reports, logs and the export use.
func (s State) String() string {
	switch s {
	case Unknown:
		return "unknown"
	case Scheduled:
		return "scheduled"
	case Sending:
		return "sending"
	case Accepted:
		return "accepted"
	case Rejected:
		return "rejected"
	case Retry:
		return "retry"
	case InDoubt:
		return "in_doubt"
	case Skipped:
		return "skipped"
	case Dropped:
		return "dropped"
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// Final reports whether a key in the state has come to its end; see [Record.Settled] for the exception.
func (s State) Final() bool { return s == Accepted || s == Rejected || s == Dropped }

// Waiting tells whether the key is in the time-ordered index of what is still to be taken up.
func (s State) Waiting() bool { return s == Scheduled || s == Retry || s == InDoubt }

// Key names what is asked about at most once: a conversation, or one resolution of it; and the service recovery that
// follows up on it.
type Key struct {
	Conversation string // the Kustomer id: 24 hex digits, or any other non-empty text
	Resolution   int64  // Unix milliseconds; 0 where a conversation is asked about only once
	Recovery     bool   // the recovery, which has a record of its own beside that of the survey request
}

// Kind is how reports and the export tell recoveries from survey requests: "recovery", or empty.
func (k Key) Kind() string {
	if k.Recovery {
		return "recovery"
	}
	return ""
}

// Record is what the ledger remembers of a key. It holds ids, times, states and reason codes:
// never a name, an address or a key of an API.
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
	Doubt      uint64    // in doubt: how many intents the ledger had given when the doubt arose; 0 for the others, and where that is not known
}

// Settled reports whether nothing will ever be sent for the key again. A final state alone does not say so: what was rejected
// because an expression failed on it, without an attempt and without an answer, is decided anew, as the expression may have
// been mended since.
func (r Record) Settled() bool {
	unsent := r.State == Rejected && r.Attempts == 0 && r.Status == 0
	return r.State.Final() && !(unsent && undecided(r.Reason))
}

// Held reports whether a survey request was sent, or may have been, or will never be: only Finish, Settle and Recover change
// such a record.
func (r Record) Held() bool { return r.Settled() || r.State == Sending || r.State == InDoubt }

// Sending is the record after an intent was noted, in the place of r.
func (r Record) Sending(i Intent, resolution, now time.Time) Record {
	first := r.First
	if first.IsZero() {
		first = now
	}
	return Record{State: Sending, Resolution: resolution, At: now, First: first, Attempts: i.Attempt, Intent: i.Number}
}

// After is the record after a result.
func (r Record) After(x Result) Record {
	r.State, r.Reason, r.Status, r.At, r.Due = x.State, x.Reason, x.Status, x.At, x.Due
	return r
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

// Run is the summary of one pass. It holds counts and codes only. A pass that was killed has left none: then it is what its
// process last told others, so that there may have been more of everything.
type Run struct {
	Pass       string         `json:"pass"`
	Mode       string         `json:"mode"`
	Started    time.Time      `json:"started"`
	Ended      time.Time      `json:"ended"`
	From       time.Time      `json:"from"`
	To         time.Time      `json:"to"`
	Checkpoint time.Time      `json:"checkpoint"`
	Found      int            `json:"found"`
	Counts     map[string]int `json:"counts"`                   // by state
	Reasons    map[string]int `json:"reasons"`                  // by reason
	Refusals   []Refusal      `json:"refusals,omitempty"`       // the first of those that were rejected
	Late       int            `json:"late,omitempty"`           // seen for the first time below a checkpoint that was closed before
	Latest     float64        `json:"latest_seconds,omitempty"` // how far below it at most
	Fuse       string         `json:"fuse,omitempty"`
	Exit       int            `json:"exit"`             // of a pass that was killed 0, without a meaning
	Killed     bool           `json:"killed,omitempty"` // it never came to its end; Ended is when it last told how far it was
}

// Refusal names a conversation whose survey request was rejected, and why.
type Refusal struct {
	Conversation string `json:"id"`
	Reason       string `json:"reason"`
	Kind         string `json:"kind,omitempty"` // as of [Key.Kind]
}
