package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
)

// footer tells where things stand, what it cost, and what to do.
func footer(b *strings.Builder, p Pass, s Style) {
	checkpoint := show(p.Checkpoint)
	if p.DryRun {
		checkpoint += " after a real pass"
	}
	fmt.Fprintf(b, "checkpoint  %s\n", checkpoint)
	fmt.Fprintf(b, "requests    Kustomer %d (%d searches", p.Calls.Kustomer, p.Calls.KustomerSearch)
	if p.Found > 0 && s.Width >= defaultWidth {
		fmt.Fprintf(b, ", %.3f a conversation", float64(p.Calls.Kustomer)/float64(p.Found))
	}
	fmt.Fprintf(b, "), Agent Connect %d\n", p.Calls.AgentConnect)
	fmt.Fprintf(b, "duration    %s\n", p.duration().Round(100*time.Millisecond))
	fmt.Fprintf(b, "exit        %d\n", p.Exit)
	lines := advice(p)
	if len(lines) > 0 {
		b.WriteString("\n")
	}
	for _, line := range lines {
		for piece := range strings.Lines(text.WrapSoft(line, max(s.Width, 40)) + "\n") {
			b.WriteString(paint(s, text.FgYellow, strings.TrimRight(piece, " \n")) + "\n")
		}
	}
}

// advice is what an operator should know or do after this pass.
func advice(p Pass) []string {
	lines := halts(p)
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if p.Enough {
		lines = append(lines, enough)
	}
	if p.Unseen > 0 {
		say("%d conversations could not be seen with this API key; see the note.", p.Unseen)
	}
	if n := p.Counts[store.Rejected]; n > 0 {
		say("%d rejected: Agent Connect will not have them; they are not sent again.", n)
	}
	if n := p.Counts[store.InDoubt]; n > 0 {
		say("%d in doubt: not sent again by themselves. Look them up in Agent Connect by their ids.", n)
	}
	return append(lines, notes(p)...)
}

const enough = "Stopped at --max: what is scheduled waits for the next pass."

// halts tells what kept the pass from sending all that it should have sent.
func halts(p Pass) []string {
	var lines []string
	if p.Fuse != "" {
		lines = append(lines, fmt.Sprintf("A fuse blew: %s. Nothing more was sent; the rest is kept for later passes.", p.Fuse))
	}
	if p.Down != "" {
		lines = append(lines, fmt.Sprintf("Agent Connect took nothing more: %s. The next pass goes on.", p.Down))
	}
	return lines
}

func notes(p Pass) []string {
	var lines []string
	for _, notice := range p.Notices {
		lines = append(lines, fmt.Sprintf("Note: %s.", notice))
	}
	return lines
}
