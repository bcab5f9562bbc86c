package doc

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Charts are drawn with lengths in percent of the width and pixels of the height, so that their text has one
// size on every screen. Only a page has them: what they show stands in tables too.
type Charts []Bars

func (c Charts) empty() bool {
	return !slices.ContainsFunc(c, func(b Bars) bool { return len(b.List) > 0 })
}

// Bars is a chart with a bar for each of several names, the largest first.
type Bars struct {
	ID, Title, Note string
	Rest            string // what those are that are not drawn, such as "reasons"
	// characters of a label where there is room; 0: always those that fit beside a number and a share
	Room int
	Top  int // the length of the longest bar; 0: of the first
	List []Bar
	// what the tones stand for, below it; nil where the note says it
	Legend []Segment
}

// Bar is one of them.
type Bar struct {
	Label, Value string
	Title        string // all that there is to say; empty: the label with its segments
	Segments     []Segment
}

// Segment is a piece of a bar or a column.
type Segment struct {
	Tone  Tone
	Label string // what it counts
	N     int
}

const (
	mostBars  = 10
	barHeight = 34 // text and bar
	labelSize = 30 // characters
	phoneBar  = 38 // characters of a label and its value in the narrowest chart, which is 18rem wide
)

// mark is something at its place in a chart: across in percent of the width, down in pixels.
type mark struct {
	Tone                Tone
	Label, Value, Title string
	Short               string // the label where it is too long for a narrow chart; else empty
	Wide                bool   // a narrow chart has no room for it
	X, Width            string
	Y, Height           int
	Parts               []mark
}

// shown are the bars that there is room for.
func (b Bars) shown() []Bar { return b.List[:min(len(b.List), mostBars)] }

// Drawn are the bars at their places.
func (b Bars) Drawn() []mark {
	var list []mark
	for i, bar := range b.shown() {
		m := mark{Value: bar.Value, Title: bar.title(), Y: i * barHeight}
		m.Label = fittedLabel(bar.Label, cmp.Or(b.Room, labelSize))
		if short := fittedLabel(bar.Label, phoneBar-len(bar.Value)); b.Room > 0 && short != m.Label {
			m.Short = short
		}
		at, top := 0, cmp.Or(b.Top, total(b.List[0].Segments), 1)
		for _, s := range bar.Segments {
			if s.N > 0 {
				m.Parts = append(m.Parts, mark{Tone: s.Tone, X: percent(at, top), Width: percent(s.N, top)})
				at += s.N
			}
		}
		list = append(list, m)
	}
	return list
}

// fittedLabel is a label in so much room: the code behind the words gives way first.
func fittedLabel(label string, room int) string {
	if words, _, coded := strings.Cut(label, " · "); coded && text.StringWidthWithoutEscSequences(label) > room {
		label = words
	}
	return text.Snip(label, room, "…")
}

func (b Bar) title() string { return cmp.Or(b.Title, b.Label+": "+words(b.Segments)) }

// Height is that of the chart, in pixels.
func (b Bars) Height() int { return min(len(b.List), mostBars) * barHeight }

// Desc says in words what the chart shows, for those who do not see it.
func (b Bars) Desc() string {
	var titles []string
	for _, bar := range b.shown() {
		titles = append(titles, bar.title())
	}
	return strings.Join(titles, "; ") + "."
}

// Caption is the note, and how many are not drawn.
func (b Bars) Caption() string {
	if more := len(b.List) - mostBars; more > 0 {
		return fmt.Sprintf("%s; and %s more %s", b.Note, Thousands(more), b.Rest)
	}
	return b.Note
}

// Columns is a chart with a column for each step of time.
type Columns struct {
	Title, Caption string
	Unit           string // how long a step is, in words
	Slots          []Slot
}

func (c Columns) empty() bool { return len(c.Slots) == 0 }

// Slot is one step of time.
type Slot struct {
	When     string // in full
	Tick     string // as short as the range allows
	Segments []Segment
}

// Legend says what the tones stand for.
func (c Columns) Legend() []Segment { return c.Slots[0].Segments }

// The heights of such a chart in pixels. The labels of its lines stand at the left, in percent of the width.
const (
	columnsTop    = 18
	columnsHeight = 150
	axisHeight    = 24
	columnsLeft   = 5.0
)

func (c Columns) step() float64 { return (100 - columnsLeft) / float64(max(len(c.Slots), 1)) }

// x is where a slot begins, in percent.
func (c Columns) x(slot int) float64 { return columnsLeft + c.step()*float64(slot) }

// Height is that of the chart.
func (Columns) Height() int { return columnsTop + columnsHeight + axisHeight }

// busiest is the slot with the most, and top the number that its lines go up to.
func (c Columns) busiest() (slot Slot, top int) {
	slot = slices.MaxFunc(c.Slots, func(a, b Slot) int { return total(a.Segments) - total(b.Segments) })
	return slot, roundUp(total(slot.Segments))
}

// Desc says in words what the chart shows.
func (c Columns) Desc() string {
	busiest, _ := c.busiest()
	return fmt.Sprintf("%d steps of a %s from %s; the busiest begins at %s: %s.", len(c.Slots), c.Unit,
		c.Slots[0].When, busiest.When, words(busiest.Segments))
}

// Lines are those at nothing, at half of the largest number, and at that.
func (c Columns) Lines() []mark {
	_, top := c.busiest()
	return []mark{
		{Y: columnsTop + columnsHeight},
		{Y: columnsTop + columnsHeight/2, Label: Thousands(top / 2)},
		{Y: columnsTop, Label: Thousands(top)},
	}
}

// Drawn are the slots in which there was something, their segments from the bottom up. What there is at all
// is seen: it has at least one pixel.
func (c Columns) Drawn() []mark {
	_, top := c.busiest()
	width := fmt.Sprintf("%.3f", min(c.step()*0.82, 12))
	var list []mark
	for i, slot := range c.Slots {
		m := mark{Title: slot.When + ": " + words(slot.Segments)}
		sum, high := 0, 0
		for _, s := range slot.Segments {
			if s.N == 0 {
				continue
			}
			sum += s.N
			height := max(sum*columnsHeight/top-high, 1)
			high += height
			m.Parts = append(m.Parts, mark{
				Tone: s.Tone, X: fmt.Sprintf("%.3f", c.x(i)), Width: width, Height: height,
				Y: columnsTop + columnsHeight - high,
			})
		}
		if sum > 0 {
			list = append(list, m)
		}
	}
	return list
}

// Ticks label a few of the slots, below the left ends of their columns.
func (c Columns) Ticks() []mark {
	var list []mark
	for i := 0; i < len(c.Slots) && (i == 0 || c.x(i) <= 80); i += max((len(c.Slots)+3)/4, 1) {
		list = append(list, mark{
			Label: c.Slots[i].Tick, X: fmt.Sprintf("%.3f", c.x(i)), Wide: len(list)%2 == 1,
		})
	}
	return list
}

// words are the sum of segments, and those that there are.
func words(segments []Segment) string {
	text := Thousands(total(segments)) + " found"
	for _, s := range segments {
		if s.N > 0 {
			text += ", " + Thousands(s.N) + " " + s.Label
		}
	}
	return text
}

func total(segments []Segment) int {
	sum := 0
	for _, s := range segments {
		sum += s.N
	}
	return sum
}

// percent is a share with two digits, as lengths are written.
func percent(n, of int) string { return fmt.Sprintf("%.2f", 100*float64(n)/float64(max(of, 1))) }

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

// Several is a number with the right form of the words behind it.
func Several(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}

// Thousands writes a number with commas, such as 12,300.
func Thousands(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
