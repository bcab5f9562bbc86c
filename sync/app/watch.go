package app

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// watch is who listens to a pass: the log, and on a terminal the progress bar.
type watch struct {
	observers
	log  *slog.Logger
	stop func()
}

// newWatch lets the terminal and the log follow a pass. The pace is that of survey requests in a minute;
// waiting tells what a pass waits for, once it has begun.
func newWatch(t terminal, pace int, waiting func() string) watch {
	if !t.progress {
		log := t.logger(t.stderr)
		return watch{observers{eventLog{log, t.reported}, &logProgress{log: log, perMinute: pace}}, log, func() {}}
	}
	bar := newBar(t.stderr, t.errWidth, t.colorErr)
	bar.perMinute, bar.waiting = pace, waiting
	log := t.logger(bar)
	return watch{observers{bar, eventLog{log, t.reported}}, log, bar.stop}
}

// observers lets several listen.
type observers []surveysync.Observer

func (o observers) Observe(event surveysync.Event) {
	for _, observer := range o {
		observer.Observe(event)
	}
}

// eventLog writes what a pass does to the log: ids, times, states and reasons, never a name or an address.
type eventLog struct {
	log      *slog.Logger
	reported bool // what the report says is left out
}

func (l eventLog) Observe(event surveysync.Event) {
	switch e := event.(type) {
	case surveysync.PassStarted:
		l.log.Info("pass started", "mode", e.Mode, "dry_run", e.DryRun, "from", e.From,
			"to", e.To, "due", e.Due)
	case surveysync.WindowRead:
		l.log.Debug("window read", "from", e.From, "to", e.To, "found", e.Found, "send", e.Send)
	case surveysync.WindowRecorded:
		l.log.Info("window recorded", "from", e.From, "to", e.To, "checkpoint", e.Checkpoint,
			"position", e.Position)
	case surveysync.Disposed:
		l.disposed(e.Row)
	case surveysync.LetGo:
		l.log.Info("ledger let go for whoever waits")
	case surveysync.TookAgain:
		l.log.Info("ledger taken again", "after", e.After.Round(time.Second))
	case surveysync.Notice:
		if !l.reported {
			l.log.Warn(e.Text)
		}
	case surveysync.PassEnded:
		l.log.Info("pass ended", "found", e.Found, "accepted", e.Counts[store.Accepted],
			"would_send", e.Planned, "skipped", e.Counts[store.Skipped], "forgotten", e.Forgotten,
			"fuse", e.Fuse, "exit", e.Exit)
	}
}

func (l eventLog) disposed(row surveysync.Row) {
	level := slog.LevelDebug
	switch row.State {
	case store.InDoubt:
		if !l.reported {
			level = slog.LevelWarn
		}
	case store.Rejected, store.Retry:
		level = slog.LevelInfo
	}
	what := row.State.String()
	if row.Planned {
		what = "would send"
	}
	told := slices.DeleteFunc([]slog.Attr{
		slog.String("conversation", row.Key.Conversation), slog.String("kind", row.Key.Kind()),
		slog.String("reason", string(row.Reason)), slog.Int("status", row.Status),
		slog.String("message", row.Message),
	}, func(a slog.Attr) bool { return a.Value.String() == "" || a.Value.String() == "0" })
	l.log.LogAttrs(context.Background(), level, what, told...)
}

// logProgress writes a line a minute to the log, where no bar shows how far a pass is.
type logProgress struct {
	log       *slog.Logger
	perMinute int // survey requests, for the estimate

	began, last        time.Time
	about, found, done int
}

// Observe counts, and writes when the last line was a minute ago.
func (p *logProgress) Observe(event surveysync.Event) {
	switch e := event.(type) {
	case surveysync.Estimated:
		p.about = e.Conversations
		p.log.Info(eta(e.Estimate, p.perMinute))
	case surveysync.PassStarted:
		p.began, p.found = time.Now(), e.Due
		p.last = p.began
	case surveysync.WindowRead:
		p.found += e.Found
	case surveysync.Disposed:
		p.done++
	}
	now := time.Now()
	if p.began.IsZero() || now.Sub(p.last) < time.Minute {
		return
	}
	p.last = now
	pace := float64(p.done) / now.Sub(p.began).Minutes()
	attributes := []any{"done", p.done, "found", p.found, "per_minute", math.Round(pace)}
	if p.about > p.done && p.done > 0 {
		left := time.Duration(float64(p.about-p.done) / pace * float64(time.Minute))
		attributes = append(attributes, "about", p.about, "left", hours(left))
	}
	p.log.Info("progress", attributes...)
}

func conversations(n int) string { return doc.Several(n, "conversation", "conversations") }

// eta says how much there is to do, and how long that takes at most at the pace of Agent Connect.
func eta(e fetch.Estimate, perMinute int) string {
	if e.More && e.Conversations == 0 {
		return "an unknown number of conversations"
	}
	about := "about"
	if e.More {
		about = "at least"
	}
	text := about + " " + conversations(e.Conversations)
	if e.More || e.Conversations == 0 {
		return text
	}
	minutes := math.Ceil(float64(e.Conversations) / float64(perMinute))
	return fmt.Sprintf("%s, at most %s at %d/min", text, hours(time.Duration(minutes)*time.Minute), perMinute)
}

func hours(d time.Duration) string {
	minutes := int(math.Ceil(d.Minutes()))
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
