package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// historyLimits are how much of the details a table of past passes shows.
type historyLimits struct {
	stretches, reasons, fuses, rejections int
	brief                                 bool // does not say what to do about each reason
}

// historyForms are ever shorter forms, the first for what is no screen.
var historyForms = []historyLimits{
	{math.MaxInt, math.MaxInt - 1, 8, 8, false},
	{31, 12, 5, 8, false},
	{14, 8, 3, 5, false},
	{10, 6, 3, 4, false},
	{7, 5, 2, 3, false},
	{7, 3, 1, 2, false},
	{7, 0, 1, 1, false},
	{7, -1, 1, 3, false}, // not even what became of them
	{7, -1, 1, 0, false},
	{7, -1, 1, 0, true},
	{5, -1, 0, 0, true},
	{3, -1, 0, 0, true},
	{0, -1, 0, 0, true}, // the sum alone
}

// HistoryTable writes the report of past passes for people, on one screen where it has a height.
func HistoryTable(w io.Writer, h History, s Style) error {
	var form string
	for i, most := range historyForms {
		form = h.summary(s, most)
		if i > 0 && len(h.Passes) > 0 {
			form += h.pointer(s, most)
		}
		if s.Height == 0 || strings.Count(form, "\n") < s.Height {
			break
		}
	}
	_, err := io.WriteString(w, form)
	return err
}

func (h History) summary(s Style, most historyLimits) string {
	var b strings.Builder
	fmt.Fprintf(&b, "acsync report · %s\n%s\n\n", printable(h.Tenant), hanging(h.period(), max(s.Width, 40), 0))
	level := map[string]text.Color{LevelGood: text.Reset, LevelHand: text.FgYellow, LevelHalted: text.FgRed}[h.Verdict.Level]
	for _, line := range append([]string{h.Verdict.Headline + " " + h.Verdict.Detail}, h.todo(most.brief)...) {
		for piece := range strings.Lines(hanging(oneLine(line), max(s.Width, 40), 0) + "\n") {
			b.WriteString(paint(s, level, strings.TrimRight(piece, "\n")) + "\n")
		}
	}
	if len(h.Passes) == 0 {
		return b.String()
	}
	h.trendTable(&b, s, most.stretches)
	h.countTable(&b, s, most.reasons)
	h.endings(&b, s, most.fuses)
	h.rejected(&b, s, most.rejections)
	return b.String()
}

// todo is what to do; briefly, without what to do about each reason.
func (h History) todo(brief bool) []string {
	if !brief {
		return h.Verdict.Todo
	}
	remedies := h.remedies()
	return slices.DeleteFunc(slices.Clone(h.Verdict.Todo), func(line string) bool { return slices.Contains(remedies, line) })
}

const (
	trendWidth = 60 // columns of a trend without its bars
	leastBar   = 10
)

// trendTable has a line for each stretch, the latest last, and where there is room a bar for what was sent; then their sum.
func (h History) trendTable(b *strings.Builder, s Style, most int) {
	shown := h.Trend[max(len(h.Trend)-most, 0):]
	top := 1
	for _, stretch := range shown {
		top = max(top, stretch.Sent)
	}
	fmt.Fprintf(b, "\n %-10s %6s %8s %8s %7s %7s %7s\n", map[bool]string{true: "day", false: "from"}[h.Step == "1d"], "passes", "found", "sent", "hand", "waiting", "skipped")
	room := min(s.Width, widest) - trendWidth - 2
	for _, stretch := range shown {
		b.WriteString(trendLine(h.label(stretch), stretch))
		if room >= leastBar && stretch.Sent > 0 {
			b.WriteString("  " + paint(s, text.FgGreen, strings.Repeat("▇", max(stretch.Sent*room/top, 1))))
		}
		b.WriteString("\n")
	}
	b.WriteString(trendLine("all", Stretch{Passes: len(h.Passes), Tally: h.Tally}) + "\n")
}

func trendLine(label string, s Stretch) string {
	return fmt.Sprintf(" %-10s %6s %8s %8s %7s %7s %7s", label, Thousands(s.Passes), Thousands(s.Found), Thousands(s.Sent), Thousands(s.Hand()),
		Thousands(s.Waiting), Thousands(s.Skipped))
}

// countTable has what became of the conversations, and why.
func (h History) countTable(b *strings.Builder, s Style, most int) {
	if most < 0 {
		return
	}
	b.WriteString("\n")
	t := newTable(s)
	for _, d := range dispositions {
		for _, have := range h.Dispositions {
			if have.Name == d.state.String() {
				t.AppendRow(table.Row{paint(s, d.color, name(d.state)), have.Count, share(have.Count, h.Found), have.Meaning})
			}
		}
	}
	t.AppendFooter(table.Row{"found", h.Found, share(h.Found, h.Found), "each time that a pass met one"})
	b.WriteString(tableText(t))
	if len(h.Reasons) == 0 || most == 0 {
		return
	}
	why, rest := newTable(s), 0
	shown := h.Reasons
	if len(shown) > most+1 { // one more takes no more room than a line that stands for it
		shown = shown[:most]
	}
	for _, r := range shown {
		why.AppendRow(table.Row{printable(r.Reason), r.Count, share(r.Count, h.Found), r.Meaning})
	}
	for _, r := range h.Reasons[len(shown):] {
		rest += r.Count
	}
	if rest > 0 {
		why.AppendRow(table.Row{fmt.Sprintf("%d more reasons", len(h.Reasons)-len(shown)), rest, share(rest, h.Found), seeMore})
	}
	b.WriteString("\nwhy\n" + tableText(why))
}

// endings tell how passes ended, and how late things were.
func (h History) endings(b *strings.Builder, s Style, fuses int) {
	const indent = 12
	room := max(min(s.Width, widest)-indent, 40)
	line := func(label, words string) { fmt.Fprintf(b, "%-10s  %s\n", label, hanging(words, room, indent)) }
	b.WriteString("\n")
	line("passes", printable(h.modeWords()))
	for i, exit := range h.Exits {
		label := ""
		if i == 0 {
			label = "exit codes"
		}
		fmt.Fprintf(b, "%-10s  %s %6s×  %s\n", label, paint(s, lightColors[exit.Level], fmt.Sprintf("%3d", exit.Code)), Thousands(exit.Count),
			hanging(exit.Meaning, room-13, indent+13))
	}
	h.killedLine(b, s, room)
	blown := 0
	for _, p := range h.Passes {
		if p.Fuse == "" {
			continue
		}
		if blown++; blown <= fuses {
			line("fuse", h.local(p.Started, "2006-01-02 15:04")+": "+printable(p.Fuse))
		}
	}
	if more := blown - fuses; more > 0 && fuses > 0 {
		line("", fmt.Sprintf("and %d more", more))
	}
	line("late", h.lateWords())
	if words := h.behindWords(); words != "" {
		line("checkpoint", words)
	}
}

// rejected names the latest that were rejected.
func (h History) rejected(b *strings.Builder, s Style, most int) {
	if len(h.Rejections) == 0 || most == 0 {
		return
	}
	b.WriteString("\nrejected\n")
	shown := h.Rejections[:min(len(h.Rejections), most)]
	for _, r := range shown {
		line := fmt.Sprintf("  %-24s  %s  %s%s", printable(r.Conversation), h.local(r.At, "2006-01-02 15:04"), ofKind(printable(r.Kind)), printable(r.Reason))
		b.WriteString(text.Snip(line, max(s.Width, 40), "…") + "\n")
	}
	if more := len(h.Rejections) - len(shown) + h.unnamed(); more > 0 {
		fmt.Fprintf(b, "  and %s more; --report FILE names them, --json too\n", Thousands(more))
	}
}
