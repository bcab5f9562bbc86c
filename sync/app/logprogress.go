package app

import (
	"log/slog"
	"math"
	"time"

	surveysync "acsync/sync"
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
