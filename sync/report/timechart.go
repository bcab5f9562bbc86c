package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// timelineChart has a column for each slot of a timeline.
type timelineChart struct {
	Title, Desc string
	Height      int
	Lines       []gridLine
	Columns     []column
	Ticks       []tick
}

type gridLine struct {
	Label    string
	Y, TextY int
}

type column struct {
	Title, X, Width string
	Parts           []part
}

type tick struct {
	Label, X string
	Y        int
	Wide     bool // a narrow chart has no room for it
}

// The heights of a timeline, in pixels.
const (
	columnsTop    = 18
	columnsHeight = 150
	axisHeight    = 24
)

func newTimelineChart(r Report) timelineChart {
	t := r.Timeline
	chart := timelineChart{Title: "Conversations over time", Height: columnsTop + columnsHeight + axisHeight}
	top := roundUp(t.Most)
	for _, n := range []int{0, top / 2, top} {
		y := columnsTop + columnsHeight - n*columnsHeight/top
		line := gridLine{Y: y, TextY: y - 4}
		if n > 0 {
			line.Label = Thousands(n)
		}
		chart.Lines = append(chart.Lines, line)
	}
	// The labels of the lines stand at the left, where the columns leave room for them.
	const left = 5.0
	width := (100 - left) / float64(len(t.Slots))
	busiest := 0
	for i, slot := range t.Slots {
		c := column{
			X: fmt.Sprintf("%.3f", left+width*float64(i)), Width: fmt.Sprintf("%.3f", min(width*0.82, 12)),
			Title: r.local(slot.From, slotLayout(t)) + ": " + slot.words(r.sentWord()), Parts: stack(slot.Tally, top),
		}
		if slot.Found > 0 {
			chart.Columns = append(chart.Columns, c)
		}
		if slot.Found > t.Slots[busiest].Found {
			busiest = i
		}
	}
	chart.Ticks = ticks(r, left, width)
	chart.Desc = fmt.Sprintf("%d steps of a %s from %s; the busiest begins at %s: %s.", len(t.Slots), stepWord(t.Step), r.local(t.Slots[0].From, slotLayout(t)),
		r.local(t.Slots[busiest].From, slotLayout(t)), t.Slots[busiest].words(r.sentWord()))
	return chart
}

// stack draws the parts of a column from the bottom up. What there is at all is seen: it has at least one pixel.
func stack(t Tally, top int) []part {
	var parts []part
	y, sum, drawn := columnsTop+columnsHeight, 0, 0
	for _, p := range t.parts() {
		if p.n == 0 {
			continue
		}
		sum += p.n
		height := max(sum*columnsHeight/top-drawn, 1)
		y, drawn = y-height, drawn+height
		parts = append(parts, part{Class: p.class, Y: y, Height: height})
	}
	return parts
}

// ticks label a few of the slots, below the left ends of their columns: every other one where the chart is narrow.
func ticks(r Report, left, width float64) []tick {
	slots := r.Timeline.Slots
	every := max((len(slots)+3)/4, 1)
	var list []tick
	for i := 0; i < len(slots); i += every {
		x := left + width*float64(i)
		if i > 0 && x > 80 {
			break
		}
		list = append(list, tick{Label: r.local(slots[i].From, tickLayout(r.Timeline)), X: fmt.Sprintf("%.3f", x), Y: columnsTop + columnsHeight + axisHeight - 8, Wide: len(list)%2 == 1})
	}
	return list
}

// slotLayout shows when a slot begins, in full.
func slotLayout(t Timeline) string {
	if strings.HasSuffix(t.Step, "d") {
		return "Mon 2 Jan 2006"
	}
	return "Mon 2 Jan 2006 15:04"
}

// tickLayout shows it as short as the range allows.
func tickLayout(t Timeline) string {
	switch {
	case strings.HasSuffix(t.Step, "d") && t.Span > 360*24:
		return "2 Jan 06"
	case strings.HasSuffix(t.Step, "d"):
		return "2 Jan"
	case t.Span <= 24:
		return "15:04"
	}
	return "2 Jan 15:04"
}

// roundUp is the least round number that is even and not below n: 2, 4, 6, 10, 20, 30, 40, 60, 80, 100, …
func roundUp(n int) int {
	for scale := 1; ; scale *= 10 {
		for _, digit := range []int{2, 4, 6, 8, 10} {
			if digit*scale >= n {
				return digit * scale
			}
		}
	}
}

// reasonBar is a reason with the colour of its disposition.
type reasonBar struct {
	ReasonCount
	class string
}

func sortReasons(list []reasonBar) {
	slices.SortStableFunc(list, func(a, b reasonBar) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason))
	})
}
