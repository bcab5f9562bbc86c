package report

import (
	"fmt"
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
	d := doc.Doc{
		Name: "acsync report", Subject: h.Tenant, Here: h.about.Here, Level: h.Verdict.Level,
		Headline: h.Verdict.Headline, Detail: h.Verdict.Detail, Todo: h.Verdict.Todo,
		About: []string{pastPeriod(h)},
	}
	if len(h.Passes) == 0 {
		return d
	}
	d.About[0] += " A conversation that several passes have met counts for each of them."
	d.Numbers = h.Tally.numbers("sent", "left for later")
	line := Timeline{Step: h.Step}
	for _, s := range h.Trend {
		line.Slots = append(line.Slots, Slot{From: s.From, Tally: s.Tally})
	}
	d.Sections = []doc.Section{
		line.section("their pass began", "sent", "left for later", h.about.Zone),
		doc.Titled("", doc.Charts{pastReasons(h), exitBars(h)}).For(doc.ForPage), trendSection(h),
		fuseSection(h), pastCounts(h), reasonSection(h), exitSection(h), rejectionSection(h, most),
		passSection(h), pastFacts(h),
	}
	return d
}

func pastPeriod(h History) string {
	end := h.local(h.To, minuteLayout)
	if h.about.Cut {
		end += ", now"
	}
	return fmt.Sprintf(
		"Passes that began from %s to %s (%s).", h.local(h.From, minuteLayout), end, h.Timezone)
}

func pastReasons(h History) doc.Bars {
	chart := doc.Bars{ID: "reasons", Title: "Why", Note: reasonNote, Rest: "of other reasons"}
	for _, r := range h.Reasons {
		chart.List = append(chart.List, reasonBar(r, dispositionOf(usualState(decide.Reason(r.Reason)).String()).tone))
	}
	return chart
}

func exitBars(h History) doc.Bars {
	chart := doc.Bars{
		ID: "exits", Title: "How passes ended", Note: "exit codes, with their number of passes",
		Room: wideLabel,
		Top:  len(h.Passes),
	}
	add := func(name string, n int, tone doc.Tone) {
		chart.List = append(chart.List, doc.Bar{
			Label: name, Value: thousands(n), Title: name + ": " + several(n, "pass", "passes"),
			Segments: []doc.Segment{{Tone: tone, N: n}},
		})
	}
	for _, e := range h.Exits {
		add(fmt.Sprintf("%d: %s", e.Code, e.Meaning), e.Count, signalTones[e.Level])
	}
	if h.Killed > 0 {
		add(killedWord+": "+neverEnded, h.Killed, doc.Warn)
	}
	return chart
}

func trendSection(h History) doc.Section {
	table := doc.Table{
		Title: "Each " + stepWord(h.Step), Count: thousands(len(h.Trend)), Open: len(h.Trend) <= 14,
		Head:  true,
		Class: "groups sums", Caption: "Passes and conversations, by the time when the pass began",
		Columns: append([]doc.Column{
			{Name: "from", Class: "when"},
			{Name: "passes", Number: true},
			{Name: "failed", Number: true, Optional: true},
		}, sumColumns("sent", "later")...),
	}
	table.Columns = append(table.Columns, doc.Column{
		Name: "seen late", Number: true, Optional: true, Only: doc.ForFiles,
	}, doc.Column{Bar: true})
	row := func(label string, weight doc.Weight, s Stretch) {
		cells := append(doc.Texts(label, thousands(s.Passes), thousands(s.Failed)), s.sums()...)
		late := "–"
		if s.Late > 0 {
			late = thousands(s.Late) + ", " + span(seconds(s.Latest))
		}
		cells = append(cells, doc.Cell{Text: late}, doc.Cell{N: s.Sent, Tone: doc.Good})
		if weight == doc.Sum {
			cells = cells[:len(cells)-1]
		}
		table.Rows = append(table.Rows, doc.Row{Weight: weight, Cells: cells})
	}
	layout := "Mon 2 Jan"
	if len(h.Trend) > 0 && h.To.Sub(h.Trend[0].From.Time) > 300*24*time.Hour {
		layout = "2 Jan 2006"
	}
	for _, s := range h.Trend {
		row(h.local(s.From, layout), doc.Normal, s)
	}
	row("all", doc.Sum, Stretch{
		Passes: len(h.Passes), Failed: h.failed(), Late: h.Late.Count, Latest: h.Late.Seconds, Tally: h.Tally,
	})
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

func pastCounts(h History) doc.Section {
	rows := append(dispositionRows(h.Dispositions, h.Found),
		countRow(doc.Sum, "found", h.Found, h.Found, "each time that a pass met one"))
	caption := "Conversations by disposition, each time that a pass met one"
	return doc.Titled("What became of them", countsTable("disposition", caption, rows))
}

func reasonSection(h History) doc.Section {
	var rows []doc.Row
	for _, r := range h.Reasons {
		row := countRow(doc.Normal, r.Reason, r.Count, h.Found, r.Meaning)
		row.Cells[3].Below = r.Remedy
		rows = append(rows, row)
	}
	return doc.Titled("Why", countsTable("reason", "Why, the most frequent reason first", rows))
}

// exitSection is what a page has a chart of.
func exitSection(h History) doc.Section {
	table := doc.Table{Columns: []doc.Column{
		{Name: "code", Number: true},
		{Name: "passes", Number: true},
		{Name: "meaning"},
	}, Head: true}
	add := func(code string, n int, meaning string, tone doc.Tone) {
		row := doc.Row{Cells: doc.Texts(code, thousands(n), meaning)}
		row.Cells[0].Tone = tone
		table.Rows = append(table.Rows, row)
	}
	for _, e := range h.Exits {
		add(fmt.Sprint(e.Code), e.Count, e.Meaning, signalTones[e.Level])
	}
	if h.Killed > 0 {
		add(killedWord, h.Killed, neverEnded, doc.Warn)
	}
	return doc.Titled("Exit codes", table).For(doc.ForTerminal | doc.ForMarkdown)
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
		table.Add(r.Conversation, h.local(r.At, minuteLayout), ofKind(r.Kind)+r.Reason)
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
		cells := append(
			doc.Texts(h.local(p.Started, minuteLayout), p.Mode, p.Pass, span(p.Ended.Sub(p.Started.Time))), p.sums()...)
		table.Rows = append(table.Rows, doc.Row{Cells: append(cells, doc.Texts(p.code(), p.Fuse)...)})
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
