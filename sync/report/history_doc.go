package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

const (
	mostPasses = 1000 // that a file lists
	// characters of a label beside a number in a chart that is not narrow: 26rem, as the style has it
	wideLabel    = 54
	minuteLayout = "2006-01-02 15:04"
)

// HistoryDoc is the report of past passes, with at most so many rejected conversations.
func HistoryDoc(h History, most int) doc.Doc {
	end := h.local(h.Window.To, minuteLayout)
	if h.Cut {
		end += ", now"
	}
	begin := h.local(h.Window.From, minuteLayout)
	d := doc.Doc{
		Name: "acsync passes", Subject: h.Tenant, Here: h.Here, Verdict: h.Verdict,
		About: []string{fmt.Sprintf("Passes that began from %s to %s (%s).", begin, end, h.Timezone)},
	}
	if len(h.Passes) == 0 {
		return d
	}
	d.About[0] += " Each meeting of a pass with a conversation counts, so that one that several passes have " +
		"met counts for each of them; acsync report counts conversations and customers."
	d.Numbers = h.Tally.numbers("sent", "left for later")
	line := Timeline{Step: h.Step}
	for _, s := range h.Trend {
		line.Slots = append(line.Slots, Slot{From: s.From, Tally: s.Tally})
	}
	why := doc.Bars{ID: "reasons", Title: "Why", Note: reasonNote, Rest: "reasons", Room: wideLabel}
	found := h.Tally.Found
	whyTable := newCounts("reason", "Why, the most frequent reason first", found)
	for _, r := range h.Reasons {
		state := usualState(decide.Reason(r.Reason))
		why.List = append(why.List, reasonBar(r, dispositionOf(state.String()).tone))
		whyTable.add(doc.Normal, "", r.Reason, r.Count, r.Meaning).Cells[3].Below = r.Remedy
	}
	what := newCounts("disposition", "Conversations by disposition, each time that a pass met one", found)
	what.addDispositions(h.Dispositions)
	what.add(doc.Sum, "", "found", found, "each time that a pass met one")
	exitBars, exitTable := exits(h)
	d.Sections = []doc.Section{
		line.section("their pass began", "sent", "left for later", h.Zone),
		doc.Titled("", doc.Charts{why, exitBars}).For(doc.ForPage),
		trendSection(h),
		fuseSection(h),
		doc.Titled("What became of them", what.Table),
		doc.Titled("Why", whyTable.Table),
		doc.Titled("Exit codes", exitTable).For(doc.ForTerminal | doc.ForMarkdown),
		rejectionSection(h, most),
		passSection(h),
		pastFacts(h),
	}
	return d
}

// exits are how passes ended, as a page draws it and as the other forms list it.
func exits(h History) (doc.Bars, doc.Table) {
	chart := doc.Bars{
		ID: "exits", Title: "How passes ended", Note: "exit codes, with their number of passes",
		Room: wideLabel, Top: len(h.Passes),
	}
	table := doc.Table{Head: true, Columns: []doc.Column{
		{Name: "code", Number: true}, {Name: "passes", Number: true}, {Name: "meaning"},
	}}
	add := func(code string, n int, meaning string, tone doc.Tone) {
		name := code + ": " + meaning
		chart.List = append(chart.List, doc.Bar{
			Label: name, Value: thousands(n), Title: name + ": " + several(n, "pass", "passes"),
			Segments: []doc.Segment{{Tone: tone, N: n}},
		})
		table.Add(code, thousands(n), meaning).Cells[0].Tone = tone
	}
	for _, e := range h.Exits {
		add(strconv.Itoa(e.Code), e.Count, e.Meaning, signalTones[e.Level])
	}
	if h.Killed > 0 {
		add(killedWord, h.Killed, neverEnded, doc.Warn)
	}
	return chart, table
}

func trendSection(h History) doc.Section {
	table := doc.Table{
		Title: "Each " + stepWord(h.Step), Count: thousands(len(h.Trend)), Open: len(h.Trend) <= 14,
		Head: true, Class: "groups sums",
		Caption: "Passes and conversations, by the time when the pass began",
		Columns: append([]doc.Column{
			{Name: "from", Class: "when"},
			{Name: "passes", Number: true},
			{Name: "failed", Number: true, Optional: true},
		}, sumColumns("sent", "later")...),
	}
	late := doc.Column{Name: "seen late", Number: true, Optional: true, Only: doc.ForFiles}
	table.Columns = append(table.Columns, late, doc.Column{Bar: true})
	add := func(label string, s Stretch) *doc.Row {
		late := "–"
		if s.Late > 0 {
			late = thousands(s.Late) + ", " + span(seconds(s.Latest))
		}
		row := table.Add(label, thousands(s.Passes), thousands(s.Failed))
		row.Cells = append(append(row.Cells, s.sums()...), doc.Cell{Text: late})
		return row
	}
	layout := "Mon 2 Jan"
	if len(h.Trend) > 0 && h.Window.To.Sub(h.Trend[0].From.Time) > 300*24*time.Hour {
		layout = "2 Jan 2006"
	}
	for _, s := range h.Trend {
		row := add(h.local(s.From.Time, layout), s)
		row.Cells = append(row.Cells, doc.Cell{N: s.Sent, Tone: doc.Good})
	}
	add("all", Stretch{
		Passes: len(h.Passes), Failed: h.failed(), Late: h.Late.Count, Latest: h.Late.Seconds, Tally: h.Tally,
	}).Weight = doc.Sum
	return doc.Titled("Trend", table)
}

func fuseSection(h History) doc.Section {
	table := doc.Table{
		Class: "facts", Caption: "Fuses stop a pass before it does harm",
		Columns: []doc.Column{{Name: "pass began", Class: "when"}, {Name: "fuse"}},
	}
	for _, p := range h.Passes {
		if p.Fuse != "" {
			table.Add(h.local(p.Started, minuteLayout), p.Fuse)
		}
	}
	return doc.Titled("Fuses that blew", table).For(doc.ForTerminal | doc.ForPage)
}

func rejectionSection(h History, most int) doc.Section {
	shown := first(h.Rejections, most)
	table := doc.Table{
		Title: "Conversations", Count: thousands(h.Tally.Rejected), Open: len(shown) <= 50, Class: "rows",
		Caption: "Agent Connect refused these, or an expression failed on them",
		Columns: []doc.Column{
			{Name: "conversation", Class: "id", Min: 24},
			{Name: "pass began", Class: "when"},
			{Name: "reason", Class: "why"},
		},
	}
	if more := max(h.Tally.Rejected, len(h.Rejections)) - len(shown); more > 0 {
		table.More = "and " + thousands(more) +
			" more, which are not named here; --report FILE names those that passes have kept, --json too"
		table.Caption += "; " + thousands(more) + " more are not named here"
	}
	for _, r := range shown {
		table.Add(r.Conversation, h.local(r.At.Time, minuteLayout), ofKind(r.Kind)+r.Reason)
	}
	return doc.Titled("Rejected", table)
}

func passSection(h History) doc.Section {
	table := doc.Table{
		Title: "One by one", Count: thousands(len(h.Passes)), Caption: "The latest first",
		Class: "groups sums",
		Columns: append([]doc.Column{
			{Name: "began", Class: "when"},
			{Name: "mode"},
			{Name: "pass", Optional: true, Class: "id"},
			{Name: "took", Number: true, Optional: true},
		}, sumColumns("sent", "later")...),
	}
	table.Columns = append(table.Columns, doc.Column{Name: "exit", Number: true},
		doc.Column{Name: "fuse", Only: doc.ForMarkdown})
	for _, p := range first(h.Passes, mostPasses) {
		row := table.Add(h.local(p.Started, minuteLayout), p.Mode, p.Pass, span(p.Ended.Sub(p.Started)))
		row.Cells = append(append(row.Cells, p.sums()...), doc.Texts(p.code(), p.Fuse)...)
	}
	if more := len(h.Passes) - mostPasses; more > 0 {
		table.More = thousands(more) +
			" more are not listed here, a report with the extension .csv holds all of them."
		table.Caption += "; " + strings.TrimSuffix(table.More, ".")
	}
	return doc.Titled("Passes", table).For(doc.ForFiles)
}

func pastFacts(h History) doc.Section {
	var modes []string
	for _, mode := range h.Modes {
		modes = append(modes, thousands(mode.Count)+" "+mode.Mode)
	}
	late := "no conversation was seen later than its window"
	if h.Late.Count > 0 {
		late = fmt.Sprintf("%s, at most by %s of the overlap's %s",
			several(h.Late.Count, "conversation seen later than its window",
				"conversations seen later than their windows"),
			short(seconds(h.Late.Seconds)), short(seconds(h.Late.Overlap)))
	}
	behind := ""
	if h.Behind > 0 {
		behind = fmt.Sprintf("at most %s behind at the end of a run", span(seconds(h.Behind)))
	}
	return doc.Titled("How it went", doc.Facts{Caption: "The passes together", List: []doc.Fact{
		{Label: "passes", Value: strings.Join(modes, ", ")},
		{Label: "late", Value: late},
		{Label: "checkpoint", Value: behind},
		{Label: "time zone", Value: h.Timezone},
	}})
}
