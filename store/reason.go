package store

import (
	"strings"
	"unicode/utf8"
)

// The reasons that the ledger itself gives or goes by; the others are the caller's.
const (
	// ReasonInterrupted is the reason of what Recover puts in doubt.
	ReasonInterrupted = "interrupted"
	// ReasonRebuilt is the reason of what the receiver's own data made known, which do not tell the
	// resolution: that of the record is when it was received.
	ReasonRebuilt = "rebuilt"
	// RuleErrorPrefix begins the reason of what an expression failed on.
	RuleErrorPrefix = "rule_error:"
)

// undecided reports whether a reason says that nothing was decided, because an expression failed.
func undecided(reason string) bool { return strings.HasPrefix(reason, RuleErrorPrefix) }

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
