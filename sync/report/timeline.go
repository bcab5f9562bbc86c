package report

import (
	"slices"
	"strings"
	"time"

	"acsync/sync/report/doc"
)

// Timeline counts conversations by the time of their resolution, in steps that suit the range.
type Timeline struct {
	Step  string `json:"step"` // such as "1h", "1d"; empty where there is nothing to show
	Slots []Slot `json:"slots"`
	// conversations outside of the range, such as those that waited in the ledger
	Other int     `json:"other"`
	Span  float64 `json:"-"` // of the range, in hours
}

// columns draws the timeline in a zone. What happened in a slot is called sent, or what a dry run calls it.
func (t Timeline) columns(title, caption, sent, waiting string, zone *time.Location) doc.Columns {
	full, tick := "Mon 2 Jan 2006", "2 Jan"
	switch days := strings.HasSuffix(t.Step, "d"); {
	case days && t.Span > 360*24:
		tick = "2 Jan 06"
	case !days && t.Span <= 24:
		full, tick = full+" 15:04", "15:04"
	case !days:
		full, tick = full+" 15:04", tick+" 15:04"
	}
	chart := doc.Columns{
		Title: title, Caption: caption, Unit: stepWord(t.Step),
		Legend: legend(sent, waiting),
	}
	for _, s := range t.Slots {
		chart.Slots = append(chart.Slots, doc.Slot{
			When: s.From.in(zone, full), Tick: s.From.in(zone, tick), Words: s.words(sent),
			Segments: s.segments(),
		})
	}
	return chart
}

// Slot is one step.
type Slot struct {
	From Moment `json:"from"`
	Tally
}

// A timeline has at most so many slots, unless even its widest step makes more.
const mostSlots = 60

// steps are the widths of slots; those of whole days follow the calendar.
var steps = []struct {
	name, words string
	width       time.Duration
	days        int
}{
	{"1m", "minute", time.Minute, 0},
	{"5m", "5 minutes", 5 * time.Minute, 0},
	{"15m", "15 minutes", 15 * time.Minute, 0},
	{"1h", "hour", time.Hour, 0},
	{"3h", "3 hours", 3 * time.Hour, 0},
	{"6h", "6 hours", 6 * time.Hour, 0},
	{"1d", "day", 24 * time.Hour, 1},
	{"7d", "7 days", 7 * 24 * time.Hour, 7},
	{"28d", "28 days", 28 * 24 * time.Hour, 28},
}

// stepWord is the width of a slot in words.
func stepWord(name string) string {
	for _, step := range steps {
		if step.name == name {
			return step.words
		}
	}
	return ""
}

// newTimeline counts rows in [from, to), in the zone.
func newTimeline(rows []Row, from, to time.Time, zone *time.Location) Timeline {
	if len(rows) == 0 || !from.Before(to) {
		return Timeline{Slots: []Slot{}, Other: len(rows)}
	}
	i := 0
	for i < len(steps)-1 && to.Sub(from) > mostSlots*steps[i].width {
		i++
	}
	t := Timeline{Step: steps[i].name, Span: to.Sub(from).Hours()}
	for _, at := range starts(from, to, zone, i) {
		t.Slots = append(t.Slots, Slot{From: Moment{at}})
	}
	for _, row := range rows {
		if row.Resolution.Before(from) || !row.Resolution.Before(to) {
			t.Other++
			continue
		}
		slot, exact := slices.BinarySearchFunc(t.Slots, row.Resolution.Time,
			func(s Slot, at time.Time) int { return s.From.Compare(at) })
		if !exact {
			slot--
		}
		t.Slots[slot].add(row.Decision, 1)
	}
	return t
}

// starts are the times at which the slots of [from, to) begin, in the step of that index.
func starts(from, to time.Time, zone *time.Location, step int) []time.Time {
	var list []time.Time
	for at := floor(from.In(zone), steps[step].width, steps[step].days); at.Before(to); {
		list = append(list, at)
		if days := steps[step].days; days > 0 {
			at = at.AddDate(0, 0, days)
		} else {
			at = at.Add(steps[step].width)
		}
	}
	return list
}

// floor is the latest beginning of a step, by the local clock, that is not after t.
func floor(t time.Time, width time.Duration, days int) time.Time {
	if days > 0 {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	}
	_, seconds := t.Zone()
	offset := time.Duration(seconds) * time.Second
	return t.Add(offset).Truncate(width).Add(-offset)
}
