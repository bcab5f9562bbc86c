package report

import (
	"fmt"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// Verdict answers what happened, whether anything is wrong, and what to do.
type Verdict struct {
	Level    string   `json:"level"` // one of doc's levels
	Headline string   `json:"headline"`
	Detail   string   `json:"detail"`
	Todo     []string `json:"todo"`
}

// verdictOf judges a pass. The problem is what ended it, if something did.
func verdictOf(p Pass, tally Tally, concerns []Concern, problem error) Verdict {
	v := Verdict{Level: doc.LevelGood, Headline: headline(p, tally), Todo: []string{}}
	halted := halts(p)
	hints := hintsOf(p, concerns)
	calm := "Nobody has to do anything."
	if len(hints) > 0 {
		calm = "Nothing is urgent."
	}
	later := "for a later pass"
	if p.planned() {
		later = "in the plan"
	}
	switch {
	case problem != nil:
		v.Level, v.Detail = doc.LevelHalted, "The pass ended early: "+problem.Error()+"."
	case len(halted) > 0:
		v.Level, v.Detail = doc.LevelHalted, halted[0]
		halted = halted[1:]
	case tally.Hand()+p.Unseen > 0:
		v.Level, v.Detail = doc.LevelAttention, handDetail(tally, p.Reasons.Broken(), p.Unseen)
	case tally.Waiting > 0:
		v.Detail = several(tally.Waiting, "waits ", "wait ") + later + ". " + calm
	case p.Found == 0:
		v.Detail = calm
	default:
		v.Detail = "Every conversation is accounted for. " + calm
	}
	v.Todo = append(append(v.Todo, halted...), hints...)
	return v
}

// halts tells what kept the pass from sending all that it should have sent.
func halts(p Pass) []string {
	rest, next := "the rest is kept for later passes", "The next pass goes on"
	if p.planned() {
		rest, next = "the rest is left in the plan", "The plan can be gone on with"
	}
	var lines []string
	if p.Fuse != "" {
		lines = append(lines, advise(haltedByFuse, "", p.Fuse, rest))
	}
	if p.Down != "" {
		lines = append(lines, advise(haltedByOutage, "", p.Down, next))
	}
	return lines
}

// hintsOf lists what somebody can do, or should know.
func hintsOf(p Pass, concerns []Concern) []string {
	var hints []string
	for _, c := range concerns {
		hints = append(hints, fmt.Sprintf("%s %s (%s): %s.", thousands(c.Count), spaced(c.Decision), c.Reason,
			c.Remedy))
	}
	if limit := limited(p); limit != "" {
		hints = append(hints, limit)
	}
	for _, notice := range p.Notices {
		hints = append(hints, "Note: "+notice+".")
	}
	return hints
}

// limited tells which of the operator's own limits ended the pass, and how it goes on; empty for none.
func limited(p Pass) string {
	switch {
	case p.paused():
		return advise(doRepeatRange, "", show(p.Position()), stamp(p.Backfill.From), end(p.Backfill.To))
	case p.Limit != "" && p.planned():
		return advise(doApplyLimited, "", p.Limit)
	case p.planned() && p.Reasons[store.Scheduled][decide.Paused] > 0:
		return doApplyRest
	case p.Mode == "plan" && p.Limit == "max":
		return doNoMoreInPlan
	case p.Mode == "plan":
		return "" // stopped by another limit there is none
	case p.Limit != "":
		return advise(doWaitForNext, "", p.Limit)
	}
	return ""
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
		return fmt.Sprintf("%s of %s conversations would get a survey request.", thousands(tally.Sent),
			thousands(p.Found))
	case tally.Sent == 0 && p.Reasons.Of(store.Skipped)[decide.AlreadySent] > 0:
		return fmt.Sprintf("No new survey request; %s were looked at.",
			several(p.Found, "conversation", "conversations"))
	}
	return fmt.Sprintf(
		"%s of %s conversations got a survey request.", thousands(tally.Sent), thousands(p.Found))
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

// handDetail counts what somebody has to look at: so many failed, and so many could not be seen.
func handDetail(tally Tally, failed, unseen int) string {
	return "The pass did its work, and somebody has to look: " + enumerate(
		counted{
			failed, "was held back because an expression of the configuration failed on it",
			"were held back because an expression of the configuration failed on them",
		},
		counted{
			tally.Rejected - failed, "was rejected by Agent Connect and is not sent again",
			"were rejected by Agent Connect and are not sent again",
		},
		counted{tally.InDoubt, "may or may not have arrived", "may or may not have arrived"},
		counted{unseen, "is hidden from the API key", "are hidden from the API key"},
	)
}

// historyVerdict answers what happened, whether anything is wrong, and what to do.
func historyVerdict(h History) Verdict {
	v := Verdict{
		Level: doc.LevelGood, Headline: historyHeadline(h), Detail: "All of them did their work.",
		Todo: []string{},
	}
	if len(h.Passes) == 0 {
		v.Level = doc.LevelNone
		v.Detail = "The ledger remembers none of that time."
		if h.Latest != nil {
			v.Detail = fmt.Sprintf("The latest pass that the ledger remembers began %s (%s).",
				h.local(h.Latest.Started, "2006-01-02 15:04:05"), h.Timezone)
		}
		return v
	}
	if failed := h.failed(); failed > 0 || h.Killed > 0 || h.Tally.Hand() > 0 {
		v.Level = doc.LevelAttention
		v.Detail = attentionWords(h, failed)
	}
	if h.last.Level == SignalAct {
		v.Level = doc.LevelHalted
		v.Detail = fmt.Sprintf(
			"The latest of them did not do all of its work: exit %d, %s.", h.Passes[0].Exit,
			h.last.Meaning)
		v.Todo = append(v.Todo, sentence(h.last.Todo))
	}
	if h.Killed > 0 {
		v.Todo = append(v.Todo, crashTodo(h))
	}
	v.Todo = append(v.Todo, remediesOf(h)...)
	if h.Late.Count > 0 && h.Late.Seconds > h.Late.Overlap*8/10 {
		v.Todo = append(v.Todo, sentence(doLengthenPast))
	}
	if h.Tally.InDoubt > 0 {
		v.Todo = append(v.Todo, doubtTodo(h))
	}
	return v
}

// doubtTodo says how what is in doubt is settled: without the API secret only by hand.
func doubtTodo(h History) string {
	if h.about.Asks {
		return advise(doSeeDoubts, h.about.Here)
	}
	return advise(doSeeByHand, h.about.Here)
}

func historyHeadline(h History) string {
	if len(h.Passes) == 0 {
		return "No pass began in this time."
	}
	return fmt.Sprintf("%s created %s.", several(len(h.Passes), "pass", "passes"),
		several(h.Tally.Sent, "survey request", "survey requests"))
}

// attentionWords say what somebody should look at.
func attentionWords(h History, failed int) string {
	return enumerate(
		counted{failed, "pass did not do all of its work", "passes did not do all of their work"},
		counted{h.Killed, "pass was killed, and counts as far as it told", "passes were killed, and count " +
			"as far as they told"},
		counted{h.Tally.Rejected - h.broken, "conversation was rejected for good", "conversations were " +
			"rejected for good"},
		counted{h.broken, "time an expression failed on a conversation", "times an expression failed on a " +
			"conversation"},
		counted{h.Tally.InDoubt, "time a conversation was left in doubt", "times a conversation was left " +
			"in doubt"},
	)
}

// mostRemedies is how many reasons of rejections a verdict says what to do about: the most frequent.
const mostRemedies = 3

// remediesOf says what to do about what was rejected, so that the next ones are not.
func remediesOf(h History) []string {
	var list []string
	for _, r := range h.Reasons {
		if r.Remedy != "" {
			list = append(list, fmt.Sprintf("%s %s: %s.", thousands(r.Count), r.Reason, r.Remedy))
		}
	}
	if len(list) > mostRemedies+1 { // one more takes no more room than a line that stands for it
		list = append(list[:mostRemedies], advise(doSeeFiles, "", len(list)-mostRemedies))
	}
	return list
}

// crashTodo says what to do about passes that were killed, the latest of which it names.
func crashTodo(h History) string {
	for _, p := range h.Passes {
		if p.Killed {
			return advise(doFindKillerOf, h.about.Here, doc.Printable(p.Pass), goesOn(p.Mode, h.about.Here))
		}
	}
	return ""
}
