package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
)

// the page and its style

//go:embed report.html
var pageHTML string

//go:embed report.css
var pageCSS string

// HTML writes the report as one page that needs nothing else: no script, nothing from outside, light and dark, for the
// screen and for paper.
func HTML(w io.Writer, r Report) error {
	t, err := template.New("report").Funcs(pageFuncs(r)).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("read the page of the report: %w", err)
	}
	return t.Execute(w, view{r})
}

// view is the report with what the page asks of it.
type view struct{ Report }

func (v view) Period() string          { return v.period() }
func (v view) SentWord() string        { return v.sentWord() }
func (v view) Breakdowns() []breakdown { return v.breakdowns() }

func pageFuncs(r Report) template.FuncMap {
	return template.FuncMap{
		"css":       func() template.CSS { return template.CSS(pageCSS) },
		"thousands": Thousands,
		"percent":   percent,
		"spaced":    spaced,
		"orNone":    orNone,
		"lower":     strings.ToLower,
		"share":     func(n, of int) string { return share(n, of) },
		"level":     levelWord,
		"flags":     wholeFlags,
		"stepWord":  stepWord,
		"local":     func(m Moment) string { return r.local(m, "2 Jan 15:04:05") },
		"first":     func(list []Group, n int) []Group { return list[:min(len(list), n)] },
		"more":      func(list []Group, n int) int { return max(len(list)-n, 0) },
		"firstWords": func(list []Words, n int) []Words {
			return list[:min(len(list), n)]
		},
		"moreWords": func(list []Words, n int) int { return max(len(list)-n, 0) },
		"timeline":  func(v view) timelineChart { return newTimelineChart(v.Report) },
		"charts":    func(v view) []barChart { return barCharts(v.Report) },
		"sections":  func(v view) []*section { return sectionsOf(v.Rows) },
		"facts":     func(v view) []Setting { return factsOf(v.Report) },
	}
}

// aFlag is one of a command line, among words.
var aFlag = regexp.MustCompile(`(^|[ (])(--[a-z][a-z-]{0,30})`)

// wholeFlags are words as markup, in which no line ends within a flag. A character that does the same would be copied with the command.
func wholeFlags(words string) template.HTML {
	return template.HTML(aFlag.ReplaceAllString(template.HTMLEscapeString(words), `$1<span class="flag">$2</span>`))
}

func levelWord(level string) string {
	switch level {
	case LevelGood:
		return "✓ All is well"
	case LevelHand:
		return "! Needs a hand"
	}
	return "✕ Did not do all of its work"
}

// stepWord is the width of a slot in words.
func stepWord(step string) string {
	words := map[string]string{
		"1m": "minute", "5m": "5 minutes", "15m": "15 minutes", "1h": "hour", "3h": "3 hours", "6h": "6 hours",
		"1d": "day", "7d": "7 days", "28d": "28 days",
	}
	return words[step]
}

// factsOf are the facts of the pass itself.
func factsOf(r Report) []Setting {
	const layout = "2006-01-02 15:04:05"
	checkpoint := r.local(r.Checkpoint, layout)
	if r.DryRun && checkpoint != "" {
		checkpoint += " after a real pass"
	}
	list := []Setting{
		{Key: "pass", Value: r.Pass},
		{Key: "begun", Value: r.local(r.Started, layout)},
		{Key: "took", Value: r.Ended.Sub(r.Started.Time).Round(100 * time.Millisecond).String()},
		{Key: "checkpoint", Value: checkpoint},
		{Key: "requests", Value: fmt.Sprintf("Kustomer %s (%s searches), Agent Connect %s", Thousands(r.Requests.Kustomer),
			Thousands(r.Requests.KustomerSearch), Thousands(r.Requests.AgentConnect))},
		{Key: "exit code", Value: fmt.Sprint(r.Exit)},
		{Key: "time zone", Value: r.Timezone},
	}
	if r.Digest != "" {
		list = append(list, Setting{Key: "settings digest", Value: r.Digest})
	}
	for _, setting := range r.Settings {
		if !setting.Default {
			list = append(list, setting)
		}
	}
	return list
}

// mostListed is how many conversations a page lists: more make it slow to open.
const mostListed = 5000

// section is the conversations of one decision and reason.
type section struct {
	Decision, Reason, Meaning string
	Count                     int
	Open                      bool
	Rows                      []pageRow
}

// Hidden is how many of them are not listed.
func (s section) Hidden() int { return s.Count - len(s.Rows) }

type pageRow struct{ Row }

func (p pageRow) AgentName() string { return p.agentName() }
func (p pageRow) Marks() string     { return p.marks() }

// sectionsOf groups rows by decision and reason, what needs a hand first, and lists as many as one page holds.
func sectionsOf(rows []Row) []*section {
	var list []*section
	known := map[[2]string]*section{}
	for _, row := range rows {
		key := [2]string{row.Decision, row.Reason}
		s := known[key]
		if s == nil {
			reason := decide.Reason(row.Reason)
			s = &section{Decision: row.Decision, Reason: row.Reason, Meaning: meaningOf(row.Decision, reason), Open: needsHand(row.Decision, reason)}
			known[key] = s
			list = append(list, s)
		}
		if s.Count++; s.Count <= mostListed {
			s.Rows = append(s.Rows, pageRow{row})
		}
	}
	ration(list)
	slices.SortStableFunc(list, func(a, b *section) int {
		return cmp.Or(cmp.Compare(slices.Index(states, a.Decision), slices.Index(states, b.Decision)), cmp.Compare(b.Count, a.Count))
	})
	return list
}

// ration cuts the sections so that all together fit on a page: small ones stay whole, large ones get equal parts.
func ration(list []*section) {
	bySize := slices.SortedFunc(slices.Values(list), func(a, b *section) int { return cmp.Compare(a.Count, b.Count) })
	room := mostListed
	for i, s := range bySize {
		s.Rows = s.Rows[:min(len(s.Rows), room/(len(bySize)-i))]
		room -= len(s.Rows)
	}
}

func meaningOf(decision string, reason decide.Reason) string {
	if text := reason.Explain(); text != "" {
		return text
	}
	if decision == wouldSend {
		return "a real pass would ask these"
	}
	for _, d := range dispositions {
		if d.state.String() == decision {
			return d.meaning
		}
	}
	return ""
}
