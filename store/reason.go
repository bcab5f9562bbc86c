package store

import "strings"

// The reasons that the ledger itself gives or goes by; the others are the caller's.
const (
	// ReasonInterrupted is the reason of what Recover puts in doubt.
	ReasonInterrupted = "interrupted"
	// ReasonRebuilt is the reason of what the receiver's own data made known, which do not tell the resolution: that of
	// the record is when it was received.
	ReasonRebuilt = "rebuilt"
	// RuleErrorPrefix begins the reason of what an expression failed on.
	RuleErrorPrefix = "rule_error:"
)

// undecided reports whether a reason says that nothing was decided, because an expression failed.
func undecided(reason string) bool { return strings.HasPrefix(reason, RuleErrorPrefix) }
