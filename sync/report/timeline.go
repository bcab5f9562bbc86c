package report

import (
	"iter"
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
	Other int `json:"other"`
}

// Slot is one step.
type Slot struct {
	From Moment `json:"from"`
	Tally
}

func newTimeline(rows iter.Seq[Row], from, to time.Time, zone *time.Location) Timeline {
	all := 0
	for range rows {
		all++
	}
	if all == 0 || !from.Before(to) {
		return Timeline{Slots: []Slot{}, Other: all}
	}
	step := stepFor(steps, from, to)
	t, starts := Timeline{Step: step.name}, step.starts(from, to, zone)
	for _, at := range starts {
		t.Slots = append(t.Slots, Slot{From: Moment{at}})
	}
	for row := range rows {
		if row.Resolution.Before(from) || !row.Resolution.Before(to) {
			t.Other++
			continue
		}
		t.Slots[slotOf(starts, row.Resolution.Time)].add(row.Decision, 1)
	}
	return t
}

// section draws the timeline. Conversations have their place in it by the time when something was so.
func (t Timeline) section(when, sent, waiting string, zone *time.Location) doc.Section {
	chart := doc.Columns{
		Title: "Conversations over time", Unit: stepWord(t.Step),
		Caption: "Conversations by the time when " + when + ", a bar for each " + stepWord(t.Step),
	}
	if t.Other > 0 {
		chart.Caption += "; " + thousands(t.Other) + " from other times are not shown"
	}
	full, tick := t.layouts()
	for _, s := range t.Slots {
		chart.Slots = append(chart.Slots, doc.Slot{
			When: s.From.in(zone, full), Tick: s.From.in(zone, tick), Segments: s.segments(sent, waiting),
		})
	}
	return doc.Titled("Over time", chart).For(doc.ForPage)
}

// layouts are those of the time of a slot, in full and as short as the range allows.
func (t Timeline) layouts() (full, tick string) {
	if len(t.Slots) == 0 {
		return "", ""
	}
	const day, clock = "2 Jan", " 15:04"
	span := t.Slots[len(t.Slots)-1].From.Sub(t.Slots[0].From.Time)
	full = "Mon 2 Jan 2006"
	switch days := strings.HasSuffix(t.Step, "d"); {
	case days && span > 360*24*time.Hour:
		return full, day + " 06"
	case days:
		return full, day
	case span <= 24*time.Hour:
		return full + clock, clock[1:]
	}
	return full + clock, day + clock
}

// mostSlots is how many a timeline has at most, unless even its widest step makes more.
const mostSlots = 60

// step is the width of slots. One of whole days follows the calendar.
type step struct {
	name, words string
	width       time.Duration
	days        int
}

var (
	daySteps = []step{
		{"1d", "day", 24 * time.Hour, 1},
		{"7d", "7 days", 7 * 24 * time.Hour, 7},
		{"28d", "28 days", 28 * 24 * time.Hour, 28},
	}
	steps = append([]step{
		{"1m", "minute", time.Minute, 0},
		{"5m", "5 minutes", 5 * time.Minute, 0},
		{"15m", "15 minutes", 15 * time.Minute, 0},
		{"1h", "hour", time.Hour, 0},
		{"3h", "3 hours", 3 * time.Hour, 0},
		{"6h", "6 hours", 6 * time.Hour, 0},
	}, daySteps...)
)

func stepFor(steps []step, from, to time.Time) step {
	for _, s := range steps {
		if to.Sub(from) <= mostSlots*s.width {
			return s
		}
	}
	return steps[len(steps)-1]
}

func stepWord(name string) string {
	for _, s := range steps {
		if s.name == name {
			return s.words
		}
	}
	return ""
}

// starts are the times at which the slots of [from, to) begin, by the local clock.
func (s step) starts(from, to time.Time, zone *time.Location) []time.Time {
	local := from.In(zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	if s.days == 0 {
		_, seconds := local.Zone()
		offset := time.Duration(seconds) * time.Second
		at = local.Add(offset).Truncate(s.width).Add(-offset)
	}
	var list []time.Time
	for at.Before(to) {
		list = append(list, at)
		if s.days > 0 {
			at = at.AddDate(0, 0, s.days)
		} else {
			at = at.Add(s.width)
		}
	}
	return list
}

func slotOf(starts []time.Time, at time.Time) int {
	i, exact := slices.BinarySearchFunc(starts, at, time.Time.Compare)
	if !exact {
		// Where the clocks show a midnight twice, the first day may begin with the second.
		i = max(i-1, 0)
	}
	return i
}
