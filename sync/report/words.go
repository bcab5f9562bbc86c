package report

import (
	"cmp"
	"fmt"
	"strings"
)

// breakdown is one table of groups.
type breakdown struct {
	Title, Column string
	Groups        []Group
}

// breakdowns are those that tell something.
func (r Report) breakdowns() []breakdown {
	var list []breakdown
	for _, b := range []breakdown{
		{"By channel", "channel", r.Channels},
		{"By agent", "agent", r.Agents},
		{"By team", "team", r.Teams},
		{"By brand", "brand", r.Brands},
		{"By day", "day (" + r.Timezone + ")", r.Days},
		{"By hour of the day", "hour (" + r.Timezone + ")", r.Hours},
	} {
		if len(b.Groups) > 0 {
			list = append(list, b)
		}
	}
	return list
}

// period tells which time the report is about.
func (r Report) period() string {
	const layout = "2006-01-02 15:04:05"
	if r.To.IsZero() {
		return "Nothing was read."
	}
	if !r.PlanMade.IsZero() {
		return fmt.Sprintf("Carries out the plan of %s for what was marked done from %s to %s (%s).",
			r.local(r.PlanMade, layout), r.local(r.From, layout), r.local(r.To, layout), r.Timezone)
	}
	if !r.From.Before(r.To.Time) {
		return fmt.Sprintf("Nothing to read yet: everything up to %s (%s) is done.", r.local(r.Checkpoint, layout), r.Timezone)
	}
	text := fmt.Sprintf("Marked done from %s to %s (%s).", r.local(r.From, layout), r.local(r.To, layout), r.Timezone)
	if r.ReadUpTo.Before(r.To.Time) {
		read := " Read and recorded up to %s."
		if r.DryRun {
			read = " Read up to %s."
		}
		text += fmt.Sprintf(read, r.local(r.ReadUpTo, layout))
	}
	return text
}

// sentWord is what the reader calls those that were sent.
func (r Report) sentWord() string {
	if r.DryRun {
		return "would send"
	}
	return "sent"
}

func (r Row) agentName() string { return cmp.Or(r.Agent, r.AgentID) }

// marks tells what sets the conversation apart from others that ended in the same way; mostly empty.
func (r Row) marks() string {
	switch {
	case !r.Flagged:
		return r.Kind
	case r.Kind == "":
		return "flagged"
	}
	return r.Kind + ", flagged"
}

func orNone(name string) string { return cmp.Or(name, "(none)") }

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }
