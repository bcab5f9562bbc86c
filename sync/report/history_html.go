package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"acsync/sync/decide"
)

// the page

//go:embed history.html
var historyPage string

// wideLabel is how many characters a label has room for beside a number in a chart that is not narrow: 26rem, as the style has it.
const wideLabel = 54

// shownPasses is how many passes a page lists.
const shownPasses = 1000

// HistoryHTML writes the report of past passes as one page that needs nothing else, in the manner of HTML, whose style and
// charts it has.
func HistoryHTML(w io.Writer, h History) error {
	pages, err := template.New("report").Funcs(pageFuncs(Report{zone: h.zone})).Funcs(historyFuncs(h)).Parse(pageHTML)
	if err == nil {
		pages, err = pages.New("history").Parse(historyPage)
	}
	if err != nil {
		return fmt.Errorf("read the page of the report: %w", err)
	}
	return pages.Execute(w, historyView{h})
}

// historyView is the report with what the page asks of it.
type historyView struct{ History }

func (v historyView) Period() string        { return v.period() }
func (v historyView) Counted() string       { return counted }
func (v historyView) Timeline() Report      { return v.timeline() }
func (v historyView) ReasonChart() barChart { return v.reasonChart() }
func (v historyView) ExitChart() barChart   { return v.exitChart() }
func (v historyView) LateWords() string     { return v.lateWords() }
func (v historyView) ModeWords() string     { return v.modeWords() }
func (v historyView) BehindWords() string   { return v.behindWords() }
func (v historyView) Listed() []PastPass    { return v.Passes[:min(len(v.Passes), shownPasses)] }
func (v historyView) Unlisted() int         { return len(v.Passes) - len(v.Listed()) }
func (v historyView) Named() []Rejection    { return v.Rejections[:min(len(v.Rejections), mostListed)] }

func (v historyView) Unnamed() int { return len(v.Rejections) - len(v.Named()) + v.unnamed() }

func (v historyView) Short() bool { return len(v.Trend) <= 14 }

// Fuses are those that blew, with the time of their pass.
func (v historyView) Fuses() (list []string) {
	for _, p := range v.Passes {
		if p.Fuse != "" {
			list = append(list, v.local(p.Started, "Mon 2 Jan 15:04")+": "+p.Fuse)
		}
	}
	return list
}

func historyFuncs(h History) template.FuncMap {
	return template.FuncMap{
		"weekday":   func(m Moment) string { return h.local(m, "Mon") },
		"day":       func(m Moment) string { return h.local(m, "2 Jan") },
		"began":     func(m Moment) string { return h.local(m, "2 Jan 15:04") },
		"spanChart": newTimelineChart,
		"took":      func(p PastPass) string { return about(p.took()) },
		"lateBy":    lateBy,
		"ofKind":    ofKind,
	}
}

// lateBy tells how many came late in a stretch, and by how much.
func lateBy(s Stretch) string {
	if s.Late == 0 {
		return "–"
	}
	return fmt.Sprintf("%s, %s", Thousands(s.Late), about(seconds(s.Latest)))
}

// timeline is the trend in the form that the chart of a report draws.
func (h History) timeline() Report {
	t := Timeline{Step: h.Step}
	for _, s := range h.Trend {
		t.Slots = append(t.Slots, Slot{From: s.From, Tally: s.Tally})
		t.Most = max(t.Most, s.Found)
	}
	if n := len(h.Trend); n > 0 {
		t.Span = h.Trend[n-1].From.Sub(h.Trend[0].From.Time).Hours()
	}
	return Report{Timeline: t, zone: h.zone, Timezone: h.Timezone}
}

// reasonChart shows why.
func (h History) reasonChart() barChart {
	chart := barChart{ID: "reasons", Title: "Why", Note: "reasons, with their share of all that was found"}
	rest := 0
	for i, r := range h.Reasons {
		if i >= mostBars {
			rest += r.Count
			continue
		}
		title := strings.TrimSuffix(fmt.Sprintf("%s: %s (%s)", r.Reason, Thousands(r.Count), r.Meaning), " ()")
		chart.add(r.Reason, fmt.Sprintf("%s · %s", Thousands(r.Count), percent(r.Share)), title,
			[]part{{Class: reasonClass(decide.Reason(r.Reason)), X: "0", Width: hundredths(r.Count, h.Reasons[0].Count)}})
	}
	chart.finish(rest, "of other reasons")
	return chart
}

// exitChart shows how passes ended.
func (h History) exitChart() barChart {
	chart := barChart{ID: "exits", Title: "How passes ended", Note: "exit codes, with their number of passes", Room: wideLabel}
	classes := map[string]string{LightOK: "sent", LightLook: "waits", LightAct: "bad"}
	for _, e := range h.Exits {
		name := fmt.Sprintf("%d: %s", e.Code, e.Meaning)
		chart.add(name, Thousands(e.Count), fmt.Sprintf("%s: %s", name, several(e.Count, "pass", "passes")),
			[]part{{Class: classes[e.Level], X: "0", Width: hundredths(e.Count, len(h.Passes))}})
	}
	if h.Killed > 0 {
		name := killedWord + ": " + neverEnded
		chart.add(name, Thousands(h.Killed), fmt.Sprintf("%s: %s", name, several(h.Killed, "pass", "passes")),
			[]part{{Class: classes[LightLook], X: "0", Width: hundredths(h.Killed, len(h.Passes))}})
	}
	chart.finish(0, "")
	return chart
}
