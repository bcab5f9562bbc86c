package report

import (
	"slices"
	"time"
)

// A timeline has at most so many slots, unless even its widest step makes more.
const mostSlots = 60

// steps are the widths of slots; those of whole days follow the calendar.
var steps = []struct {
	name  string
	width time.Duration
	days  int
}{
	{"1m", time.Minute, 0},
	{"5m", 5 * time.Minute, 0},
	{"15m", 15 * time.Minute, 0},
	{"1h", time.Hour, 0},
	{"3h", 3 * time.Hour, 0},
	{"6h", 6 * time.Hour, 0},
	{"1d", 24 * time.Hour, 1},
	{"7d", 7 * 24 * time.Hour, 7},
	{"28d", 28 * 24 * time.Hour, 28},
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
		slot, exact := slices.BinarySearchFunc(t.Slots, row.Resolution.Time, func(s Slot, at time.Time) int { return s.From.Compare(at) })
		if !exact {
			slot--
		}
		t.Slots[slot].add(row)
		t.Most = max(t.Most, t.Slots[slot].Found)
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
