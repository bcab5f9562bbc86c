package report

import (
	"fmt"
	"strings"
	"time"
)

// verdict answers what happened, whether anything is wrong, and what to do.
func (h History) verdict() Verdict {
	v := Verdict{Level: LevelGood, Headline: h.headline(), Detail: "All of them did their work.", Todo: []string{}}
	if len(h.Passes) == 0 {
		v.Level = LevelNone
		v.Detail = "The ledger remembers none of that time."
		if h.Latest != nil {
			v.Detail = fmt.Sprintf("The latest pass that the ledger remembers began %s (%s).", h.local(h.Latest.Started, "2006-01-02 15:04:05"), h.Timezone)
		}
		return v
	}
	if failed := h.failed(); failed > 0 || h.Killed > 0 || h.Tally.Hand() > 0 {
		v.Level = LevelHand
		v.Detail = h.handWords(failed)
	}
	if h.last.Level == LightAct {
		v.Level = LevelHalted
		v.Detail = fmt.Sprintf("The latest of them did not do all of its work: exit %d, %s.", h.Passes[0].Exit, h.last.Meaning)
		v.Todo = append(v.Todo, sentence(h.last.Todo))
	}
	if h.Killed > 0 {
		v.Todo = append(v.Todo, h.killedTodo())
	}
	v.Todo = append(v.Todo, h.remedies()...)
	if h.tooLate() {
		v.Todo = append(v.Todo, sentence(doLengthenPast))
	}
	if h.Tally.InDoubt > 0 {
		v.Todo = append(v.Todo, h.doubtTodo())
	}
	return v
}

// doubtTodo says how what is in doubt is settled: without the API secret only by hand.
func (h History) doubtTodo() string {
	if h.asks {
		return advise(doSeeDoubts, h.here)
	}
	return advise(doSeeByHand, h.here)
}

func (h History) headline() string {
	if len(h.Passes) == 0 {
		return "No pass began in this time."
	}
	return fmt.Sprintf("%s created %s.", several(len(h.Passes), "pass", "passes"), several(h.Tally.Sent, "survey request", "survey requests"))
}

// handWords say what somebody should look at.
func (h History) handWords(failed int) string {
	var parts []string
	if failed > 0 {
		parts = append(parts, several(failed, "pass did not do all of its work", "passes did not do all of their work"))
	}
	if n := h.Killed; n > 0 {
		parts = append(parts, several(n, "pass was killed, and counts as far as it told", "passes were killed, and count as far as they told"))
	}
	if n := h.Tally.Rejected - h.broken; n > 0 {
		parts = append(parts, several(n, "conversation was rejected for good", "conversations were rejected for good"))
	}
	if h.broken > 0 {
		parts = append(parts, several(h.broken, "time an expression failed on a conversation", "times an expression failed on a conversation"))
	}
	if n := h.Tally.InDoubt; n > 0 {
		parts = append(parts, several(n, "time a conversation was left in doubt", "times a conversation was left in doubt"))
	}
	return strings.Join(parts, "; ") + "."
}

// mostRemedies is how many reasons of rejections a verdict says what to do about: the most frequent.
const mostRemedies = 3

// remedies say what to do about what was rejected, so that the next ones are not.
func (h History) remedies() []string {
	var list []string
	for _, r := range h.Reasons {
		if r.Remedy != "" {
			list = append(list, fmt.Sprintf("%s %s: %s.", Thousands(r.Count), printable(r.Reason), r.Remedy))
		}
	}
	if len(list) > mostRemedies+1 { // one more takes no more room than a line that stands for it
		list = append(list[:mostRemedies], advise(doSeeFiles, "", len(list)-mostRemedies))
	}
	return list
}

// failed counts the passes that did not do their work.
func (h History) failed() int {
	n := 0
	for _, exit := range h.Exits {
		if exit.Level == LightAct {
			n += exit.Count
		}
	}
	return n
}

// tooLate tells whether the overlap hardly covers how late Kustomer's search was.
func (h History) tooLate() bool { return h.Late.Count > 0 && h.Late.Seconds > h.Late.Overlap*8/10 }

// period tells which passes the report is about.
func (h History) period() string {
	const layout = "2006-01-02 15:04"
	end := h.local(h.To, layout)
	if h.cut {
		end += ", now"
	}
	return fmt.Sprintf("Passes that began from %s to %s (%s)", h.local(h.From, layout), end, h.Timezone)
}

// counted tells how to read the counts.
const counted = "A conversation that several passes have met counts for each of them."

// lateWords tell how late Kustomer's search was.
func (h History) lateWords() string {
	if h.Late.Count == 0 {
		return "no conversation was seen later than its window"
	}
	return fmt.Sprintf("%s, at most by %s of the overlap's %s", several(h.Late.Count, "conversation seen later than its window", "conversations seen later than their windows"),
		short(seconds(h.Late.Seconds)), short(seconds(h.Late.Overlap)))
}

// behindWords tell how far the checkpoint was behind when a pass had ended; empty where none moved it.
func (h History) behindWords() string {
	if h.Behind <= 0 {
		return ""
	}
	return fmt.Sprintf("at most %s behind at the end of a run", about(seconds(h.Behind)))
}

func (h History) modeWords() string {
	var parts []string
	for _, mode := range h.Modes {
		parts = append(parts, fmt.Sprintf("%s %s", Thousands(mode.Count), mode.Mode))
	}
	return strings.Join(parts, ", ")
}

// unnamed is how many were rejected beyond those that passes name.
func (h History) unnamed() int { return max(h.Tally.Rejected-len(h.Rejections), 0) }

func (h History) local(m Moment, layout string) string { return Report{zone: h.zone}.local(m, layout) }

// label names a stretch.
func (h History) label(s Stretch) string { return h.local(s.From, "Mon 2 Jan") }

func seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Round(time.Second)
}

// sentence begins with a capital letter and ends with a full stop; the words are this program's own.
func sentence(words string) string { return strings.ToUpper(words[:1]) + words[1:] + "." }
