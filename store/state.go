package store

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// State is the disposition of a key: where its conversation stands.
type State uint8

// The states, in the order of life. Their numbers are written to the ledger and never change.
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

var stateNames = [...]string{
	Unknown: "unknown", Scheduled: "scheduled", Sending: "sending", Accepted: "accepted",
	Rejected: "rejected", Retry: "retry", InDoubt: "in_doubt", Skipped: "skipped", Dropped: "dropped",
}

// States lists every state that a key in the ledger can have.
func States() []State {
	return []State{Scheduled, Sending, Accepted, Rejected, Retry, InDoubt, Skipped, Dropped}
}

// String is the name that reports, logs and the export use.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// Final reports whether a key in the state has come to its end; see [Record.Settled] for the exception, and
// [MayReopen] for the way back.
func (s State) Final() bool { return s == Accepted || s == Rejected || s == Dropped }

// Waiting reports whether the key is in the time-ordered index of what is still to be taken up.
func (s State) Waiting() bool { return s == Scheduled || s == Retry || s == InDoubt }

// The reasons that the ledger itself gives or goes by; the others are the caller's.
const (
	// ReasonInterrupted is the reason of what Recover puts in doubt.
	ReasonInterrupted = "interrupted"
	// ReasonRebuilt is the reason of what the receiver's own data made known, which do not tell the
	// resolution: that of the record is when it was received.
	ReasonRebuilt = "rebuilt"
	// ReasonErased is the reason of what was erased from the ledger, and is never asked about.
	ReasonErased = "erased"
	// ReasonUnreadable is the reason of what could not be read for so long that it was given up.
	ReasonUnreadable = "unreadable"
	// RuleErrorPrefix begins the reason of what an expression failed on.
	RuleErrorPrefix = "rule_error:"
)

// undecided reports whether a reason says that nothing was decided: an expression failed, or what it was to
// be decided by could not be read.
func undecided(reason string) bool {
	return reason == ReasonUnreadable || strings.HasPrefix(reason, RuleErrorPrefix)
}

// MaxReason is the greatest length of a reason, in bytes; a longer one is cut.
const MaxReason = 128

// ShortReason gives a reason of at most MaxReason bytes of valid text.
func ShortReason(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= MaxReason {
		return s
	}
	cut := MaxReason
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}
