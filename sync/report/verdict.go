package report

import (
	"fmt"
	"strconv"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
)

// verdict answers what happened, whether anything is wrong, and what to do. The problem is what ended the pass, if
// something did.
func verdict(p Pass, tally Tally, hands []Hand, problem error) Verdict {
	v := Verdict{Level: LevelGood, Headline: headline(p, tally), Todo: []string{}}
	halted := halts(p)
	hints := todo(p, hands)
	calm := "Nobody has to do anything."
	if len(hints) > 0 {
		calm = "Nothing is urgent."
	}
	switch {
	case problem != nil:
		v.Level, v.Detail = LevelHalted, "The pass ended early: "+problem.Error()+"."
	case len(halted) > 0:
		v.Level, v.Detail = LevelHalted, halted[0]
		halted = halted[1:]
	case tally.Hand()+p.Unseen > 0:
		v.Level, v.Detail = LevelHand, handDetail(tally, p.Reasons.Broken(), p.Unseen)
	case tally.Waiting > 0:
		v.Detail = several(tally.Waiting, "waits", "wait") + " for a later pass. " + calm
	case p.Found == 0:
		v.Detail = calm
	default:
		v.Detail = "Every conversation is accounted for. " + calm
	}
	v.Todo = append(append(v.Todo, halted...), hints...)
	return v
}

// todo lists what somebody can do, or should know.
func todo(p Pass, hands []Hand) []string {
	var hints []string
	for _, hand := range hands {
		hints = append(hints, fmt.Sprintf("%s %s (%s): %s.", Thousands(hand.Count), strings.ReplaceAll(hand.Decision, "_", " "), hand.Reason, hand.Remedy))
	}
	if limit := limited(p); limit != "" {
		hints = append(hints, limit)
	}
	return append(hints, notes(p)...)
}

func headline(p Pass, tally Tally) string {
	switch {
	case p.To.IsZero():
		return "The pass ended before anything was read."
	case p.Found == 0:
		return "There was no conversation to look at."
	case p.Followed > 0:
		return followedHeadline(p, tally)
	case p.DryRun:
		return fmt.Sprintf("%s of %s conversations would get a survey request.", Thousands(tally.Sent), Thousands(p.Found))
	case tally.Sent == 0 && p.Reasons.Of(store.Skipped)[decide.AlreadySent] > 0:
		return fmt.Sprintf("No new survey request; %s were looked at.", several(p.Found, "conversation", "conversations"))
	}
	return fmt.Sprintf("%s of %s conversations got a survey request.", Thousands(tally.Sent), Thousands(p.Found))
}

// followedHeadline is the headline of a pass with recoveries, which are no survey requests.
func followedHeadline(p Pass, tally Tally) string {
	led := "led to"
	if p.DryRun {
		led = "would lead to"
	}
	what := several(p.Followed, "recovery", "recoveries")
	if requests := tally.Sent - p.Followed; requests > 0 {
		what = several(requests, "survey request", "survey requests") + " and " + what
	}
	return fmt.Sprintf("%s %s %s.", several(p.Found, "conversation", "conversations"), led, what)
}

func handDetail(tally Tally, failed, unseen int) string {
	var parts []string
	if n := failed; n > 0 {
		parts = append(parts, several(n, "was held back because an expression of the configuration failed on it",
			"were held back because an expression of the configuration failed on them"))
	}
	if n := tally.Rejected - failed; n > 0 {
		parts = append(parts, several(n, "was rejected by Agent Connect and is not sent again", "were rejected by Agent Connect and are not sent again"))
	}
	if n := tally.InDoubt; n > 0 {
		parts = append(parts, several(n, "may or may not have arrived", "may or may not have arrived"))
	}
	if unseen > 0 {
		parts = append(parts, several(unseen, "is hidden from the API key", "are hidden from the API key"))
	}
	return "The pass did its work, and somebody has to look: " + strings.Join(parts, "; ") + "."
}

// several is a number with the right form of the words behind it.
func several(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// Thousands writes a number with commas, such as 12,300.
func Thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
