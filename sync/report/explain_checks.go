package report

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/sync/decide"
)

// marks of checks, by their results.
var marks = map[decide.StepResult]string{
	decide.StepPassed: "✓", decide.StepDecided: "✗", decide.StepNotReached: "·", decide.StepOff: "–",
	decide.StepUnknown: "?",
}

// checks writes each check of the decision, in order of precedence: the one that decided on a line of its own, those that are off
// at the end. A short form counts those that passed, and those that are not reached or off are not in it.
func (s *sheet) checks(x Explanation) {
	var run, off []string
	s.WriteString("\n")
	s.field("checks", text.Reset, s.legend(x.Steps))
	for _, step := range x.Steps {
		item := marks[step.Result] + " " + printable(string(step.Reason))
		switch {
		case step.Result == decide.StepDecided:
			s.flow(run)
			run = nil
			s.decisive(x, step)
		case step.Held:
			run = append(run, item+" (holds)")
		case s.short && step.Result != decide.StepUnknown:
		case step.Result == decide.StepOff:
			off = append(off, item)
		default:
			run = append(run, item)
		}
	}
	s.flow(run)
	s.flow(off)
}

// legend says what the marks mean that are there; in a short form how many checks passed, and whether one decided, which stands below.
func (s *sheet) legend(steps []decide.Step) string {
	counts := map[decide.StepResult]int{}
	for _, step := range steps {
		counts[step.Result]++
	}
	words, unknown := "✓ passed  ✗ decided  · not reached  – off", "  ? not known"
	if s.short {
		words, unknown = passed(counts), "; ? not known"
	}
	if counts[decide.StepUnknown] > 0 {
		words += unknown
	}
	return words
}

// passed leads to the check that decided, if one did.
func passed(counts map[decide.StepResult]int) string {
	n := counts[decide.StepPassed]
	switch {
	case counts[decide.StepDecided] == 0:
		return fmt.Sprintf("%d passed, none decided", n)
	case n == 0:
		return "the first one decided"
	}
	return fmt.Sprintf("%d passed, then", n)
}

// decisive writes the check that decided.
func (s *sheet) decisive(x Explanation, step decide.Step) {
	line := "  " + marks[step.Result] + " " + because(step.Reason)
	if ended := x.ended(); step.Reason == decide.AlreadySent && ended != "" { // that it was sent is only one of the ways
		line = "  " + marks[step.Result] + " " + string(step.Reason) + " (" + ended + ")"
	}
	s.WriteString(paint(s.style, text.FgRed, text.Snip(line, max(s.width, leastColumn), "…")) + "\n")
	if x.Case.Trouble != "" {
		s.WriteString("    " + hanging(printable(x.Case.Trouble), max(s.width, leastColumn)-4, 4) + "\n")
	}
}

// flow writes items one behind the other, as many on a line as there is room for.
func (s *sheet) flow(items []string) {
	line := ""
	for _, item := range items {
		next := line + "  " + item
		if line != "" && text.StringWidthWithoutEscSequences(next) > s.width {
			s.WriteString(line + "\n")
			next = "  " + item
		}
		line = next
	}
	if line != "" {
		s.WriteString(strings.TrimRight(text.Snip(line, max(s.width, leastColumn), "…"), " ") + "\n")
	}
}
