package report

import (
	"slices"
	"strings"

	"acsync/sync/decide"
)

// reasonClass is the colour of a reason whose disposition is not known, by the one that it mostly goes with.
func reasonClass(reason decide.Reason) string {
	switch {
	case reason.Broken():
		return "bad"
	case slices.Contains(decide.SkipReasons(), reason), strings.HasPrefix(string(reason), "rule:"):
		return "rest"
	}
	switch reason {
	case decide.Verified:
		return "sent"
	case decide.Limited, decide.Unreachable, decide.Credentials, decide.Stopped, decide.Paused, decide.Delayed,
		decide.NotArrived, decide.ByHand:
		return "waits"
	}
	return "bad"
}
