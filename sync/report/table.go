package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	"acsync/sync/decide"
)

// Style says how a table may look.
type Style struct {
	Width  int  // columns
	Height int  // lines that a screen holds; 0 = any number, as in a file
	Color  bool // colours may be used; they only ever repeat what words say
}

// disposition is how a state is shown.
type disposition struct {
	state   store.State
	color   text.Color
	meaning string
}

// dispositions are in the order of a table: what was done, what needs a hand, what waits, what was not to be done.
var dispositions = []disposition{
	{store.Accepted, text.FgGreen, "Agent Connect took the request"},
	{store.Rejected, text.FgRed, "Agent Connect refused it for good"},
	{store.InDoubt, text.FgRed, "may have arrived; not sent again"},
	{store.Sending, text.FgRed, "under way, or left by a crash"},
	{store.Retry, text.FgYellow, "certainly not sent; tried again"},
	{store.Scheduled, text.FgYellow, "decided; a later pass sends it"},
	{store.Dropped, text.Reset, "given up by hand"},
	{store.Skipped, text.Reset, "not to be asked"},
}

// Table writes the pass for people: what was found, what became of it and why, and what needs a hand.
func Table(w io.Writer, p Pass, s Style) error {
	_, err := io.WriteString(w, fitted(p, s))
	return err
}

// summary is the whole table, with at most so many reasons for each disposition, and so many that need a hand.
func summary(p Pass, s Style, most limits) string {
	var b strings.Builder
	heading(&b, p, s)
	if p.Found > 0 {
		t := newTable(s)
		if p.DryRun {
			t.AppendRow(table.Row{paint(s, text.FgGreen, "would send"), p.Planned, share(p.Planned, p.Found), "a real pass would ask these"})
			sentParts(t, p, most.reasons)
		}
		for _, d := range dispositions {
			d.rows(t, s, p, most.reasons)
		}
		t.AppendFooter(table.Row{"found", p.Found, share(p.Found, p.Found), dueNote(p)})
		b.WriteString(tableText(t) + "\n")
	}
	attention(&b, p, s, most.hands)
	unlisted(&b, p, s)
	footer(&b, p, s)
	return b.String()
}

// refusedOrFailed is what rejected means where not all of it is Agent Connect's answer.
const refusedOrFailed = "refused, or an expression failed"

// means is what a disposition means in a pass.
func (d disposition) means(p Pass) string {
	switch {
	case d.state == store.Rejected && p.Reasons.Broken() > 0:
		return refusedOrFailed
	case d.state == store.Scheduled && p.planned():
		return "as planned, and left for now"
	}
	return d.meaning
}

// rows adds a disposition with its reasons, most frequent first.
func (d disposition) rows(t table.Writer, s Style, p Pass, most int) {
	n := p.Counts[d.state]
	if n == 0 {
		return
	}
	meaning := d.means(p)
	t.AppendRow(table.Row{paint(s, d.color, name(d.state)), n, share(n, p.Found), meaning})
	if d.state == store.Accepted {
		sentParts(t, p, most)
	}
	if most < 0 {
		return
	}
	counts := p.Reasons[d.state]
	shown := byFrequency(counts)
	var rest []decide.Reason
	if len(shown) > most+1 { // one more takes no more room than a line that stands for it
		shown, rest = shown[:most], shown[most:]
	}
	for _, reason := range shown {
		t.AppendRow(table.Row{"  " + printable(string(reason)), counts[reason], share(counts[reason], p.Found), sense(p, reason)})
	}
	if len(rest) > 0 {
		sum := 0
		for _, reason := range rest {
			sum += counts[reason]
		}
		t.AppendRow(table.Row{fmt.Sprintf("  %d more reasons", len(rest)), sum, share(sum, p.Found), seeMore})
	}
}

// seeMore says where the reasons are that a table has no room for.
const seeMore = "in --report FILE, or a taller window"

// sentParts adds how many of those above are recoveries, and how many are flagged; the shortest table has no room for that.
func sentParts(t table.Writer, p Pass, most int) {
	if most < -1 {
		return
	}
	if p.Followed > 0 {
		t.AppendRow(table.Row{"  recoveries", p.Followed, share(p.Followed, p.Found), "they follow up an earlier request"})
	}
	if p.Flagged > 0 {
		t.AppendRow(table.Row{"  flagged", p.Flagged, share(p.Flagged, p.Found), "counted, nobody is mailed"})
	}
}

// sense is what a reason means in this pass.
func sense(p Pass, reason decide.Reason) string {
	if reason == decide.Delayed && !p.NextDue.IsZero() {
		return "next at " + brief(p.NextDue) + " UTC"
	}
	return reason.Explain()
}

func heading(b *strings.Builder, p Pass, s Style) {
	from, to, turn := show(p.From), show(p.To), " "
	if s.Width < defaultWidth {
		from, to = brief(p.From), brief(p.To)
	}
	if s.Width < 90 { // columns of the line below with both
		turn = "\n"
	}
	fmt.Fprintf(b, "acsync %s · %s\n", p.Mode, printable(p.Tenant))
	if p.DryRun {
		b.WriteString("dry run: nothing was sent, nothing was written\n")
	}
	switch {
	case p.To.IsZero():
		b.WriteString("ended before anything was read\n\n")
	case p.planned():
		fmt.Fprintf(b, "carries out the plan of %s for what was\nmarked done from %s to %s\n\n", show(p.Made), brief(p.From), brief(p.To))
	case p.Window.Empty() && p.backfill():
		fmt.Fprintf(b, "nothing to do: this back-fill was finished %s;\n--restart reads it again\n\n", show(p.Backfill.Finished))
	case p.Window.Empty():
		fmt.Fprintf(b, "nothing to read yet: everything up to %s is done\n\n", show(p.Checkpoint))
	case p.Position().Before(p.To):
		fmt.Fprintf(b, "marked done from %s to %s;%sread up to %s\n\n", brief(p.From), brief(p.To), turn, show(p.Position()))
	default:
		fmt.Fprintf(b, "marked done from %s to %s\n\n", from, to)
	}
}

// show is a time in UTC, for people.
func show(t time.Time) string {
	if t.IsZero() {
		return "(unknown)"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// brief is a time in UTC to the minute, without the zone.
func brief(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func name(state store.State) string { return strings.ReplaceAll(state.String(), "_", " ") }

func dueNote(p Pass) string {
	if p.Due == 0 {
		return ""
	}
	return fmt.Sprintf("%d of these waited in the ledger", p.Due)
}

// The columns of a table: name, count, share and, in the rest of the width, a meaning.
const (
	nameWidth  = 23
	countWidth = 7
	shareWidth = 6
	padding    = 2 // between columns

	defaultWidth = 80  // that the forms of times are made for
	widest       = 120 // beyond that lines are hard to follow
	leastMeaning = 30  // below that the meanings would be a column of single words
)

// newTable is a table without a frame.
func newTable(s Style) table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.Options{SeparateFooter: true}
	style.Box = table.BoxStyle{MiddleHorizontal: "─", PaddingLeft: " ", PaddingRight: " "}
	style.Format.Footer = text.FormatDefault
	t.SetStyle(style)
	rest := min(s.Width, widest) - nameWidth - countWidth - shareWidth - 4*padding
	meaning := table.ColumnConfig{Number: 4, WidthMax: rest, WidthMaxEnforcer: text.WrapSoft}
	if rest < leastMeaning {
		meaning = table.ColumnConfig{Number: 4, Hidden: true}
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMin: nameWidth, WidthMax: nameWidth, WidthMaxEnforcer: foldName},
		{Number: 2, WidthMin: countWidth, Align: text.AlignRight, AlignFooter: text.AlignRight},
		{Number: 3, WidthMin: shareWidth, Align: text.AlignRight, AlignFooter: text.AlignRight},
		meaning,
	})
	return t
}

// foldName breaks a name that is too long for its column, as of a rule, where its words end, and indents what follows.
func foldName(name string, width int) string {
	const indent = "    "
	var lines []string
	for text.RuneWidthWithoutEscSequences(name) > width {
		letters := []rune(name)
		at := min(width, len(letters))
		for i := at; i > len(indent); i-- {
			if strings.ContainsRune(":._- ", letters[i-1]) {
				at = i
				break
			}
		}
		lines = append(lines, string(letters[:at]))
		name = indent + strings.TrimLeft(string(letters[at:]), " ")
	}
	return strings.Join(append(lines, name), "\n")
}

// tableText is the table's text without the blanks that pad its lines.
func tableText(t table.Writer) string {
	var b strings.Builder
	for line := range strings.Lines(t.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

func share(n, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

func paint(s Style, color text.Color, words string) string {
	if !s.Color || color == text.Reset {
		return words
	}
	return text.Colors{color}.Sprint(words)
}
