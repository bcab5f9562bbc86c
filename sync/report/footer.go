package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	"acsync/sync/decide"
)

// footer tells where things stand, what it cost, and what to do.
func footer(b *strings.Builder, p Pass, s Style) {
	place, at := "checkpoint", show(p.Checkpoint)
	if p.backfill() {
		place, at = "back-fill ", "done up to "+show(p.Position())
	}
	switch {
	case p.planned():
		at += ", not moved by a plan"
	case p.DryRun && p.Mode == "plan":
		at += " after a real pass, not an apply"
	case p.DryRun:
		at += " after a real pass"
	}
	fmt.Fprintf(b, "%s  %s\n", place, at)
	if p.Forgotten > 0 {
		fmt.Fprintf(b, "forgotten   %d, older than ledger.retain\n", p.Forgotten)
	}
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
		for piece := range strings.Lines(text.WrapSoft(oneLine(line), max(s.Width, 40)) + "\n") {
			b.WriteString(paint(s, text.FgYellow, strings.TrimRight(piece, " \n")) + "\n")
		}
	}
}

// advice is what an operator should know or do after this pass.
func advice(p Pass) []string {
	lines := halts(p)
	say := func(words string, args ...any) { lines = append(lines, advise(words, p.Here, args...)) }
	if limit := limited(p); limit != "" {
		lines = append(lines, limit)
	}
	if p.Unseen > 0 {
		say("%d conversations could not be seen with this API key; see the note.", p.Unseen)
	}
	broken := p.Reasons.Broken()
	if n := p.Counts[store.Rejected] - broken; n > 0 {
		say(finalRejection, n)
	}
	if broken > 0 {
		say(doMendPass, broken)
	}
	if n := p.Counts[store.InDoubt]; n > 0 {
		say(doSettleDoubts, n)
	}
	return append(lines, notes(p)...)
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
	case p.Mode == "plan": // stopped by another limit there is none
		return ""
	case p.Limit != "":
		return advise(doWaitForNext, "", p.Limit)
	}
	return ""
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

func notes(p Pass) []string {
	var lines []string
	for _, notice := range p.Notices {
		lines = append(lines, fmt.Sprintf("Note: %s.", notice))
	}
	return lines
}

// end is the end of a back-fill's range as the command line takes it.
func end(to time.Time) string {
	if to.IsZero() {
		return "now"
	}
	return stamp(to)
}
