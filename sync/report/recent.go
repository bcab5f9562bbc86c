package report

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Recent is what the latest passes of a ledger tell together.
type Recent struct {
	Usual    time.Duration // between the beginnings of two runs; 0 where there were too few to tell
	Accepted int           // in the last 24 hours, or since rejections were acknowledged
	Rejected int           // by Agent Connect, in the same time
	GaveUp   int           // given up, because they could not be sent for too long, in the same time
	Broken   int           // by the latest pass that came to its end: those that an expression failed on
	Killed   bool          // one of the passes of that time was killed, and counts as far as it told

	Reasons map[decide.Reason]int // of the rejections, as far as the passes tell
}

const (
	fewPasses  = 3  // pauses between passes that tell how often they are made
	manyPasses = 21 // passes that are looked at for that
)

// NewRecent sums up passes, the newest first. What those had rejected that ended before it was acknowledged
// does not count any more, nor do the answers beside it.
func NewRecent(runs []store.Run, now, acknowledged time.Time) Recent {
	r := Recent{Usual: usualPause(runs)}
	for _, run := range runs {
		if run.Ended.After(now.Add(-24*time.Hour)) && run.Ended.After(acknowledged) {
			r.add(run)
		}
	}
	ended := slices.IndexFunc(runs, func(run store.Run) bool { return !run.Killed })
	if ended >= 0 && runs[ended].Ended.After(acknowledged) {
		r.Broken = brokenOf(runs[ended])
	}
	return r
}

// add counts what Agent Connect answered. What an expression failed on is decided anew by each pass, and
// counted by each.
func (r *Recent) add(run store.Run) {
	r.Killed = r.Killed || run.Killed && !run.LetGo
	gaveUp := run.Reasons[string(decide.GaveUp)]
	r.Accepted += run.Counts[store.Accepted.String()]
	r.Rejected += max(run.Counts[store.Rejected.String()]-gaveUp-brokenOf(run), 0)
	r.GaveUp += gaveUp
	for name, n := range run.Reasons {
		reason := decide.Reason(name)
		if reason == decide.GaveUp || reason.Broken() || usualState(reason) != store.Rejected {
			continue
		}
		if r.Reasons == nil {
			r.Reasons = map[decide.Reason]int{}
		}
		r.Reasons[reason] += n
	}
}

// brokenOf counts what an expression of the configuration failed on in a pass.
func brokenOf(run store.Run) int {
	sum := 0
	for reason, n := range run.Reasons {
		if decide.Reason(reason).Broken() {
			sum += n
		}
	}
	return sum
}

// usualPause is the median time between the beginnings of the latest passes that move the checkpoint: one
// that came late, or was made by hand in between, does not change it.
func usualPause(runs []store.Run) time.Duration {
	var begun []time.Time
	var pauses []time.Duration
	for _, run := range runs {
		if run.Mode != "run" || len(begun) == manyPasses {
			continue
		}
		begun = append(begun, run.Started)
		if n := len(begun); n > 1 {
			// A clock can be set back.
			pauses = append(pauses, max(begun[n-2].Sub(begun[n-1]), 0))
		}
	}
	if len(pauses) < fewPasses {
		return 0
	}
	slices.Sort(pauses)
	return pauses[len(pauses)/2]
}
