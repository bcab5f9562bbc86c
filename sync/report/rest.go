package report

import (
	"fmt"
	"math"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// rest is what a back-fill that ended early has left of its range.
type rest struct {
	from, to time.Time
	whole    time.Duration // of the range
	// conversations that are still to be dealt with, by Kustomer's count when the pass began
	conversations int
	counted       bool // it is known how many
	atLeast       bool // there are more than could be counted
	pace          pace
	takes         time.Duration // at this pace; 0: not known
}

// pace is how many a pass has dealt with in a minute.
type pace struct {
	perMinute float64
	of        string // such as "survey requests"
}

// rest is what the pass has left, if it is a back-fill that ended early and can be gone on with.
func (p Pass) rest() (r rest, some bool) {
	if !p.paused() || p.EndedBy == "refused" || p.EndedBy == "ledger" {
		return r, false
	}
	r = rest{from: p.Position(), to: p.To, whole: p.To.Sub(p.Backfill.From)}
	waits := p.Reasons.Of(store.Scheduled)
	left, unread := waits[decide.Paused]+waits[decide.Stopped], max(p.Counted.Conversations-p.Found, 0)
	if p.Counted.Conversations > 0 {
		r.conversations, r.counted, r.atLeast = left+unread, left+unread > 0, p.Counted.More
	}
	minutes := p.duration().Minutes()
	sent := p.Counts[store.Accepted] + p.Counts[store.InDoubt] + p.Counts[store.Rejected] - p.Reasons.Broken()
	if minutes <= 0 || p.Found == 0 {
		return r, true
	}
	// What is skipped takes no time: what is sent sets the pace.
	todo := float64(left) + float64(unread)*float64(sent+left)/float64(p.Found)
	r.pace = pace{float64(sent) / minutes, "survey requests"}
	if sent == 0 {
		todo, r.pace = float64(r.conversations), pace{float64(p.Found-left) / minutes, "conversations"}
	}
	if r.counted && !r.atLeast && r.pace.perMinute > 0 {
		r.takes = max(time.Duration(todo/r.pace.perMinute*float64(time.Minute)), time.Second)
	}
	return r, true
}

// words say what is left, and how long that takes.
func (r rest) words() string {
	text := r.spanWords()
	if r.counted {
		about := "about "
		if r.atLeast {
			about = "at least "
		}
		text = about + several(r.conversations, "conversation", "conversations") + ", " + text
	}
	if r.takes > 0 {
		text += fmt.Sprintf("; %s at this pass's pace (%s %s a minute)", roughly(r.takes),
			thousands(max(int(math.Round(r.pace.perMinute)), 1)), r.pace.of)
	}
	return text
}

// spanWords say how much of the range is left.
func (r rest) spanWords() string {
	unit, words := time.Minute, "minutes"
	switch {
	case r.whole >= 48*time.Hour:
		unit, words = 24*time.Hour, "days"
	case r.whole >= 2*time.Hour:
		unit, words = time.Hour, "hours"
	}
	up := func(d time.Duration) int { return max(int(math.Ceil(float64(d)/float64(unit))), 1) }
	return fmt.Sprintf("%s of %s %s of the range", thousands(up(r.to.Sub(r.from))), thousands(up(r.whole)), words)
}

// roughly is a duration no more exact than an estimate is.
func roughly(d time.Duration) string {
	switch minutes := int(math.Ceil(d.Minutes())); {
	case minutes <= 1:
		return "a minute at most"
	case minutes < 120:
		return fmt.Sprintf("about %d minutes", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("about %d hours", int(math.Round(d.Hours())))
	}
	return fmt.Sprintf("about %d days", int(math.Round(d.Hours()/24)))
}

// restJSON is what a back-fill has left; null where it has nothing left, or is not to be gone on with.
func restJSON(p Pass) any {
	r, some := p.rest()
	if !some {
		return nil
	}
	return append(rangeJSON(r.from, r.to),
		"conversations", when(r.counted, r.conversations), // about, by Kustomer's count
		"at_least", r.atLeast, // there are more than Kustomer's search counts
		"seconds", when(r.takes > 0, math.Round(r.takes.Seconds())), // at this pass's pace
		"command", p.Again, // goes on with it
	)
}

// finished reports whether a back-fill has come to the end of its range with this pass.
func (p Pass) finished() bool {
	return p.backfill() && !p.DryRun && p.From.Before(p.To) && !p.Position().Before(p.To)
}
