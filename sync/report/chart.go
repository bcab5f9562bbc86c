package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
)

// Charts are drawn with lengths in percent of the width and pixels of the height, so that their text has one size on every
// screen. Colours come from the page's style, by class.

// part is a piece of a bar or a column.
type part struct {
	Class string // sent, bad, waits or rest
	X     string // percent; of a bar
	Width string // percent; of a bar
	Y     int    // pixels; of a column
	// Height is in pixels; of a column.
	Height int
}

// parts are the counts of a tally in the order in which they are drawn.
func (t Tally) parts() []struct {
	class string
	n     int
} {
	return []struct {
		class string
		n     int
	}{{"sent", t.Sent}, {"bad", t.Hand()}, {"waits", t.Waiting}, {"rest", t.Skipped}}
}

// words are the counts of a tally as a reader says them.
func (t Tally) words(sent string) string {
	text := fmt.Sprintf("%s found, %s %s", Thousands(t.Found), Thousands(t.Sent), sent)
	for _, more := range []struct {
		n    int
		what string
	}{{t.Rejected, "rejected"}, {t.InDoubt, "in doubt"}, {t.Waiting, "waiting"}, {t.Skipped, "skipped"}} {
		if more.n > 0 {
			text += fmt.Sprintf(", %s %s", Thousands(more.n), more.what)
		}
	}
	return text
}

// barChart has a bar for each of several names.
type barChart struct {
	ID, Title, Desc, Note string
	Room                  int // characters of a label where there is room; 0: always those that fit beside a number and a share
	Height                int
	Bars                  []bar
}

type bar struct {
	Label, Value, Title string
	Short               string // of a label that is too long for a narrow chart; else empty
	TextY, Y            int
	Parts               []part
}

const (
	mostBars  = 10
	barHeight = 34 // text and bar
	labelSize = 30 // characters
	narrowest = 40 // characters of a label and its number in the narrowest chart, which is 18rem wide
)

// barCharts are the charts of reasons, channels and agents that there is something to show of.
func barCharts(r Report) []barChart {
	var charts []barChart
	if chart := reasonChart(r); len(chart.Bars) > 0 {
		charts = append(charts, chart)
	}
	for _, c := range []struct {
		id, title string
		groups    []Group
	}{{"channels", "Channels", r.Channels}, {"agents", "Agents", r.Agents}} {
		if len(c.groups) > 0 {
			charts = append(charts, groupChart(r, c.id, c.title, c.groups))
		}
	}
	return charts
}

// reasonChart shows why conversations were not sent.
func reasonChart(r Report) barChart {
	chart := barChart{ID: "reasons", Title: "Why not", Note: "reasons, with their share of all that was found"}
	var counts []reasonBar
	most, rest := 0, 0
	for _, d := range r.Dispositions {
		for _, reason := range d.Reasons {
			if d.Name != store.Accepted.String() {
				counts = append(counts, reasonBar{reason, classOf(d.Name)})
			}
		}
	}
	sortReasons(counts)
	for i, c := range counts {
		if i >= mostBars {
			rest += c.Count
			continue
		}
		most = max(most, c.Count)
		title := fmt.Sprintf("%s: %s (%s)", c.Reason, Thousands(c.Count), c.Meaning)
		chart.add(c.Reason, fmt.Sprintf("%s · %s", Thousands(c.Count), percent(c.Share)), title, []part{{Class: c.class, X: "0", Width: hundredths(c.Count, most)}})
	}
	chart.finish(rest, "of other reasons")
	return chart
}

// groupChart shows what became of the conversations of several groups.
func groupChart(r Report, id, title string, groups []Group) barChart {
	chart := barChart{ID: id, Title: title, Note: r.sentWord() + ", of those found"}
	rest := 0
	for i, g := range groups {
		if i >= mostBars {
			rest += g.Found
			continue
		}
		at, parts := 0, []part(nil)
		for _, p := range g.parts() {
			if p.n > 0 {
				parts = append(parts, part{Class: p.class, X: hundredths(at, groups[0].Found), Width: hundredths(p.n, groups[0].Found)})
				at += p.n
			}
		}
		name := orNone(g.Name)
		chart.add(name, fmt.Sprintf("%s of %s", Thousands(g.Sent), Thousands(g.Found)), name+": "+g.words(r.sentWord()), parts)
	}
	chart.finish(rest, "of others")
	return chart
}

func (c *barChart) add(label, value, title string, parts []part) {
	top := len(c.Bars) * barHeight
	b := bar{Label: text.Snip(label, cmp.Or(c.Room, labelSize), "…"), Value: value, Title: title, TextY: top + 14, Y: top + 20, Parts: parts}
	if short := text.Snip(label, narrowest-len(value), "…"); c.Room > 0 && short != b.Label {
		b.Short = short
	}
	c.Bars = append(c.Bars, b)
	c.Height = top + barHeight
}

// finish writes what the chart shows in words, for those who do not see it.
func (c *barChart) finish(rest int, what string) {
	titles := make([]string, len(c.Bars))
	for i, b := range c.Bars {
		titles[i] = b.Title
	}
	c.Desc = strings.Join(titles, "; ") + "."
	if rest > 0 {
		c.Note += fmt.Sprintf("; %s %s are not drawn", Thousands(rest), what)
	}
}

// classOf is the colour of a disposition.
func classOf(disposition string) string {
	switch disposition {
	case store.Accepted.String(), wouldSend:
		return "sent"
	case store.Rejected.String(), store.InDoubt.String():
		return "bad"
	case store.Skipped.String(), store.Dropped.String():
		return "rest"
	}
	return "waits"
}

// hundredths is a share as percent with two digits, as lengths are written.
func hundredths(n, of int) string { return fmt.Sprintf("%.2f", 100*ratio(n, of)) }
