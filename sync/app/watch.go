package app

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// watch is who listens to a pass: its log, and on a terminal the line that shows how far it is.
type watch struct {
	observers
	log  *slog.Logger
	stop func() // ends the line, and the lines of the log that stand for it
}

// newWatch lets the terminal and the log follow a pass. Waiting tells what it waits for.
func newWatch(s *session, followed *progress, waiting func() tenant.Wait) watch {
	if !s.terminal.progress {
		log := s.terminal.logger(s.stderr)
		lines := &logProgress{log: log, progress: followed, waiting: waiting}
		return watch{observers{eventLog{log, s.terminal.reported}, lines}, log, lines.start()}
	}
	sign := newSign(s)
	sign.keep(func(width int) string { return followed.standing(time.Now()).line(width, waiting()) })
	log := s.terminal.logger(sign)
	return watch{observers{followed, eventLog{log, s.terminal.reported}}, log, sign.end}
}

// pauses tell what a pass waits for. They are asked from its beginning on, before there is anything to wait
// for.
type pauses struct {
	stopped context.Context // ends when the pass is to end
	locked  atomic.Bool     // another process has the ledger
	shared  atomic.Pointer[tenant.Shared]
	clients atomic.Pointer[tenant.Clients]
}

func (p *pauses) now() tenant.Wait {
	shared, clients := p.shared.Load(), p.clients.Load()
	switch {
	case p.stopped.Err() != nil:
		return tenant.Wait{Text: "stopping: what has begun is finished", Brief: "stopping"}
	case p.locked.Load():
		return tenant.Wait{Text: "waiting for another process to let go of the ledger", Brief: "waiting for the ledger"}
	case shared != nil && shared.Away():
		return tenant.Wait{Text: "waiting for its turn: others have the ledger", Brief: "others have the ledger"}
	case clients != nil:
		return clients.Waiting()
	}
	return tenant.Wait{}
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

// logEvery is how often the log tells how far a pass is, also of one that waits.
const logEvery = time.Minute

// logProgress writes a line a minute to the log, where no line on a terminal shows how far a pass is.
type logProgress struct {
	*progress
	log     *slog.Logger
	waiting func() tenant.Wait // nil: nothing is known of that

	mu   sync.Mutex
	last time.Time // of the lines, or when it began
}

// start lets it write also while nothing happens, until what it returns is called.
func (p *logProgress) start() (stop func()) {
	over := make(chan struct{})
	p.last = time.Now()
	go func() {
		tick := time.NewTicker(logEvery / 12)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				p.write(time.Now())
			}
		}
	}()
	return sync.OnceFunc(func() { close(over) })
}

// Observe counts, and writes when the last line was a minute ago.
func (p *logProgress) Observe(event surveysync.Event) {
	p.progress.Observe(event)
	switch e := event.(type) {
	case surveysync.Estimated:
		p.log.Info(eta(e.Estimate, p.perMinute))
	case surveysync.PassStarted:
		p.mu.Lock()
		p.last = time.Now()
		p.mu.Unlock()
	}
	p.write(time.Now())
}

func (p *logProgress) write(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.IsZero() || now.Sub(p.last) < logEvery {
		return
	}
	p.last = now
	s := p.standing(now)
	attributes := []any{"phase", s.phase, "done", s.done, "found", s.found, "per_minute", math.Round(s.perMinute)}
	if s.total > 0 {
		attributes = append(attributes, "about", s.total)
	}
	if s.left > 0 && !s.bound {
		attributes = append(attributes, "left", hours(s.left))
	}
	if p.waiting != nil {
		if wait := p.waiting(); wait.Text != "" {
			attributes = append(attributes, "waiting", wait.Text)
		}
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
