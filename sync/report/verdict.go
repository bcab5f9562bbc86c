package report

import (
	"fmt"
	"slices"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// Verdict answers what happened, whether anything is wrong, and what to do.
type Verdict = doc.Verdict

func verdictOf(p Pass, tally Tally, concerns []Concern, problem error) Verdict {
	v := Verdict{Level: doc.LevelGood, Headline: headline(p, tally), Todo: []string{}}
	halted, hints := halts(p), hintsOf(p, concerns)
	if _, some := p.rest(); some {
		v.Next = p.Again
	}
	calm := "Nobody has to do anything."
	if len(hints) > 0 {
		calm = "Nothing is urgent."
	}
	later := "for a later pass"
	if p.planned() {
		later = "in the plan"
	}
	switch {
	case problem != nil && p.Found == 0 && !p.To.IsZero():
		v.Headline = "The pass ended before it looked at any conversation."
		fallthrough
	case problem != nil:
		v.Level, v.Detail = doc.LevelHalted, "The pass ended early: "+fullStop(problem.Error())
	case len(halted) > 0:
		v.Level, v.Detail, halted = doc.LevelHalted, halted[0], halted[1:]
	case tally.Hand()+p.Oddities() > 0:
		failed := p.Reasons.Broken()
		v.Level, v.Detail = doc.LevelAttention, "The pass did its work, and somebody has to look: "+enumerate(
			some(failed, "was held back because an expression of the configuration failed on it",
				"were held back because an expression of the configuration failed on them"),
			some(tally.Rejected-failed, "was rejected by Agent Connect and is not sent again by itself",
				"were rejected by Agent Connect and are not sent again by themselves"),
			some(tally.InDoubt, "may or may not have arrived", "may or may not have arrived"),
			some(p.Reasons.Parked(), "is tried again, though others of its kind went well at once",
				"are tried again, though others of their kind went well at once"),
			some(p.Unfollowed(), "was never asked about, and is skipped as a recovery",
				"were never asked about, and are skipped as recoveries"),
			some(p.Unseen, "is hidden from the API key or cannot be read",
				"are hidden from the API key or cannot be read"),
		)
	case tally.Waiting > 0:
		v.Detail = several(tally.Waiting, "waits ", "wait ") + later + ". " + calm
	case p.Found == 0:
		v.Detail = calm
	default:
		v.Detail = "Every conversation is accounted for. " + calm
	}
	if p.finished() && v.Level != doc.LevelHalted {
		v.Detail = "The back-fill is finished. " + v.Detail
	}
	v.Todo = append(append(v.Todo, halted...), hints...)
	return v
}

func halts(p Pass) (lines []string) {
	rest, next := "the rest is kept for later passes", "The next pass goes on"
	if p.planned() {
		rest, next = "the rest is left in the plan", "The plan can be gone on with"
	}
	if p.Fuse != "" {
		lines = append(lines, advise(haltedByFuse, "", fullStop(p.Fuse), rest))
	}
	if p.Down != "" {
		if p.Outage != nil && p.Outage.Next.After(p.Ended) {
			next = "One request is tried from " + show(p.Outage.Next) + " on, and the rest when it is answered"
		}
		lines = append(lines, advise(haltedByOutage, "", fullStop(p.Down), next))
	}
	return lines
}

func hintsOf(p Pass, concerns []Concern) (hints []string) {
	for _, c := range concerns {
		hints = append(hints, fmt.Sprintf("%s %s (%s): %s.", thousands(c.Count), spaced(c.Decision), c.Reason,
			c.Remedy))
	}
	limit := limited(p)
	if limit != "" && !p.paused() {
		hints = append(hints, limit)
	}
	if p.rehearsed() && p.Counts[store.Accepted]+p.Counts[store.InDoubt] > 0 {
		hints = append(hints, doSeeRehearsed)
	}
	for _, notice := range p.Notices {
		hints = append(hints, "Note: "+notice+".")
	}
	// Right before the command that it is about.
	if p.paused() {
		hints = append(hints, limit)
	}
	return hints
}

// limited tells which of the operator's own limits ended the pass, and how it goes on; empty for none.
func limited(p Pass) string {
	switch {
	case p.rehearsed() && p.Limit != "":
		return advise(doRehearseOn, p.Here, p.Limit)
	case p.paused():
		return unfinished(p)
	case p.Limit != "" && p.planned():
		return advise(doApplyLimited, "", p.Limit)
	case p.planned() && p.Reasons[store.Scheduled][decide.Paused] > 0:
		return doApplyRest
	case p.Mode == "plan" && p.Limit == "max":
		return doNoMoreInPlan
	case p.Mode != "plan" && p.Limit != "":
		return advise(doWaitForNext, "", p.Limit)
	}
	return ""
}

// unfinished tells what a back-fill has left.
func unfinished(p Pass) string {
	r, some := p.rest()
	why, how := "", "To go on:"
	if p.Limit != "" {
		why = " (stopped at --" + p.Limit + ")"
	}
	switch p.EndedBy {
	case "credentials", "failure":
		how = "To go on, once that is mended:"
	}
	if p.Fuse != "" {
		how = "To go on, once you know why the fuse blew:"
	}
	if !some || p.Again == "" {
		return advise(doRepeatRange, "", why, show(p.Position()), stamp(p.Backfill.From), end(p.Backfill.To))
	}
	return advise(doGoOn, "", why, r.words(), how)
}

func headline(p Pass, tally Tally) string {
	found := several(p.Found, "conversation", "conversations")
	got, led := "got", "led to"
	if p.DryRun {
		got, led = "would get", "would lead to"
	}
	switch {
	case p.To.IsZero():
		return "The pass ended before anything was read."
	case p.Found == 0 && p.Mode == "apply":
		return "The plan holds no conversation."
	case p.Found == 0:
		return "There was no conversation to look at."
	// A recovery is no survey request.
	case p.Followed > 0:
		what := several(p.Followed, "recovery", "recoveries")
		if requests := tally.Sent - p.Followed; requests > 0 {
			what = several(requests, "survey request", "survey requests") + " and " + what
		}
		return fmt.Sprintf("%s %s %s.", found, led, what)
	case !p.DryRun && tally.Sent == 0 && p.Reasons[store.Skipped][decide.AlreadySent] > 0:
		return fmt.Sprintf("No new survey request; %s looked at.",
			several(p.Found, "conversation was", "conversations were"))
	}
	return fmt.Sprintf(
		"%s of %s %s a survey request.", thousands(tally.Sent), found, got)
}

func historyVerdict(h History) Verdict {
	v := Verdict{Level: doc.LevelGood, Detail: "All of them did their work.", Todo: []string{}}
	if len(h.Passes) == 0 {
		v.Level, v.Headline = doc.LevelNone, "No pass began in this time."
		v.Detail = "The ledger remembers none of that time."
		if h.Latest != nil {
			v.Detail = fmt.Sprintf("The latest pass that the ledger remembers began %s (%s).",
				h.local(h.Latest.Started, clockLayout), h.Timezone)
		}
		return v
	}
	v.Headline = fmt.Sprintf("%s created %s.", several(len(h.Passes), "pass", "passes"),
		several(h.Tally.Sent, "survey request", "survey requests"))
	if failed := h.failed(); failed > 0 || h.Killed > 0 || h.Tally.Hand() > 0 {
		v.Level, v.Detail = doc.LevelAttention, enumerate(
			some(failed, "pass did not do all of its work", "passes did not do all of their work"),
			some(h.Killed, "pass was killed, and counts as far as it told",
				"passes were killed, and count as far as they told"),
			some(h.Tally.Rejected-h.broken, "conversation was rejected for good",
				"conversations were rejected for good"),
			some(h.broken, "time an expression failed on a conversation",
				"times an expression failed on a conversation"),
			some(h.Tally.InDoubt, "time a conversation was left in doubt",
				"times a conversation was left in doubt"),
		)
	}
	if h.last.Level == SignalAct {
		v.Level, v.Detail = doc.LevelHalted, fmt.Sprintf(
			"The latest of them did not do all of its work: exit %d, %s.", h.Passes[0].Exit, h.last.Meaning)
		v.Todo = append(v.Todo, sentence(h.last.Todo))
	}
	here := h.Here
	if i := slices.IndexFunc(h.Passes, func(p PastPass) bool { return p.Killed && !p.LetGo }); i >= 0 {
		killed := h.Passes[i]
		v.Todo = append(
			v.Todo, advise(doFindKillerOf, here, doc.Printable(killed.Pass), goesOn(killed.Mode, here)))
	}
	v.Todo = append(v.Todo, remediesOf(h)...)
	if h.Late.Count > 0 && h.Late.Seconds > h.Late.Overlap*8/10 {
		v.Todo = append(v.Todo, sentence(doLengthenPast))
	}
	switch {
	case h.Tally.InDoubt > 0 && h.Asks:
		v.Todo = append(v.Todo, advise(doSeeDoubts, here))
	case h.Tally.InDoubt > 0:
		v.Todo = append(v.Todo, advise(doSeeByHand, here))
	}
	return v
}

const mostRemedies = 3

// remediesOf says what to do about what was rejected, so that the next ones are not.
func remediesOf(h History) (list []string) {
	for _, r := range h.Reasons {
		if r.Remedy != "" {
			list = append(list, fmt.Sprintf("%s %s: %s.", thousands(r.Count), r.Reason, r.Remedy))
		}
	}
	// One more takes no more room than a line that stands for it.
	if more := len(list) - mostRemedies; more > 1 {
		list = append(list[:mostRemedies], advise(doSeeFiles, "", several(more, "more reason", "more reasons")))
	}
	return list
}
