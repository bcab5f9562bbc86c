package report

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	surveysync "acsync/sync"
)

// marks of checks, by their results.
var marks = map[surveysync.StepResult]string{
	surveysync.StepPassed: "✓", surveysync.StepDecided: "✗", surveysync.StepNotReached: "·", surveysync.StepOff: "–",
}

// checks writes each check of the decision, in order of precedence: the one that decided on a line of its own, those that are off
// at the end.
func (s *sheet) checks(x Explanation) {
	var run, off []string
	s.WriteString("\n")
	s.field("checks", text.Reset, "✓ passed  ✗ decided  · not reached  – off")
	flush := func(items *[]string) {
		s.flow(*items)
		*items = nil
	}
	for _, step := range x.Steps {
		item := marks[step.Result] + " " + printable(string(step.Reason))
		switch {
		case step.Result == surveysync.StepOff:
			off = append(off, item)
		case step.Result == surveysync.StepDecided:
			flush(&run)
			s.decisive(x, step)
		case step.Held:
			run = append(run, item+" (holds)")
		default:
			run = append(run, item)
		}
	}
	flush(&run)
	flush(&off)
}

// decisive writes the check that decided.
func (s *sheet) decisive(x Explanation, step surveysync.Step) {
	line := "  " + marks[step.Result] + " " + because(step.Reason)
	s.WriteString(paint(s.style, text.FgRed, text.Snip(line, max(s.width, leastColumn), "…")) + "\n")
	if x.Case.Trouble != "" {
		s.WriteString(text.Snip("    "+printable(x.Case.Trouble), max(s.width, leastColumn), "…") + "\n")
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
