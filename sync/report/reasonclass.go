package report

import (
	"slices"
	"strings"

	surveysync "acsync/sync"
)

// reasonClass is the colour of a reason whose disposition is not known, by the one that it mostly goes with.
func reasonClass(reason surveysync.Reason) string {
	switch {
	case reason.Broken():
		return "bad"
	case slices.Contains(surveysync.SkipReasons(), reason), strings.HasPrefix(string(reason), "rule:"):
		return "rest"
	}
	switch reason {
	case surveysync.Verified:
		return "sent"
	case surveysync.Limited, surveysync.Unreachable, surveysync.Credentials, surveysync.Stopped, surveysync.Paused, surveysync.Delayed,
		surveysync.NotArrived, surveysync.ByHand:
		return "waits"
	}
	return "bad"
}
