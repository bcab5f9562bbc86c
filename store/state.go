package store

import "fmt"

// State is the disposition of a key: where its conversation stands.
type State uint8

// The states, in the order of a conversation's life. Their numbers are written to the ledger and never
// change.
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

// Waiting reports whether the key is in the time-ordered index of what is still to be taken up.
func (s State) Waiting() bool { return s == Scheduled || s == Retry || s == InDoubt }
