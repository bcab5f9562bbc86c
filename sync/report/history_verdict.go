package report

import (
	"fmt"

	"acsync/sync/report/doc"
)

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
		v.Detail = fmt.Sprintf("The latest of them did not do all of its work: exit %d, %s.", h.Passes[0].Exit,
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
	if h.asks {
		return advise(doSeeDoubts, h.here)
	}
	return advise(doSeeByHand, h.here)
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
			return advise(doFindKillerOf, h.here, doc.Printable(p.Pass), goesOn(p.Mode, h.here))
		}
	}
	return ""
}
