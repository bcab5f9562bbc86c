package app

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	surveysync "acsync/sync"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

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
	if now := time.Now(); !p.began.IsZero() && now.Sub(p.last) >= time.Minute {
		p.last = now
		p.write(now.Sub(p.began))
	}
}

func (p *logProgress) write(elapsed time.Duration) {
	pace := float64(p.done) / elapsed.Minutes()
	attributes := []any{"done", p.done, "found", p.found, "per_minute", math.Round(pace)}
	if p.about > p.done && p.done > 0 {
		left := time.Duration(float64(p.about-p.done) / pace * float64(time.Minute))
		attributes = append(attributes, "about", p.about, "left", hours(left))
	}
	p.log.Info("progress", attributes...)
}

// eta says how much there is to do, and how long that takes at most at the pace of Agent Connect.
func eta(e fetch.Estimate, perMinute int) string {
	about := "about"
	if e.More {
		about = "at least"
	}
	text := fmt.Sprintf("%s %s conversations", about, doc.Thousands(e.Conversations))
	if e.More || e.Conversations == 0 {
		return text
	}
	minutes := math.Ceil(float64(e.Conversations) / float64(perMinute))
	return fmt.Sprintf("%s, at most %s at %d/min", text, hours(time.Duration(minutes)*time.Minute), perMinute)
}

// hours is a duration in hours and minutes.
func hours(d time.Duration) string {
	minutes := int(math.Ceil(d.Minutes()))
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
