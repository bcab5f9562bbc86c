package app

import (
	"context"
	"log/slog"

	"acsync/store"
	surveysync "acsync/sync"
)

// eventLog writes what a pass does to the log: ids, times, states and reasons, never a name or an address.
type eventLog struct{ log *slog.Logger }

// Observe logs one event.
func (l eventLog) Observe(event surveysync.Event) {
	switch e := event.(type) {
	case surveysync.PassStarted:
		l.log.Info("pass started", "pass", e.Pass, "mode", e.Mode, "dry_run", e.DryRun, "from", e.From, "to",
			e.To,
			"due", e.Due)
	case surveysync.WindowRead:
		l.log.Debug("window read", "from", e.From, "to", e.To, "found", e.Found, "send", e.Send)
	case surveysync.WindowRecorded:
		l.log.Info("window recorded", "from", e.From, "to", e.To, "checkpoint", e.Checkpoint, "position",
			e.Position)
	case surveysync.Disposed:
		l.disposed(e.Row)
	case surveysync.Notice:
		l.log.Warn(e.Text)
	case surveysync.PassEnded:
		l.log.Info("pass ended", "pass", e.Pass, "found", e.Found, "accepted", e.Counts[store.Accepted],
			"would_send", e.Planned, "skipped", e.Counts[store.Skipped], "forgotten", e.Forgotten, "fuse",
			e.Fuse,
			"exit", e.Exit)
	}
}

func (l eventLog) disposed(row surveysync.Row) {
	level := slog.LevelDebug
	switch row.State {
	case store.InDoubt:
		level = slog.LevelWarn
	case store.Rejected, store.Retry:
		level = slog.LevelInfo
	}
	what := row.State.String()
	if row.Planned {
		what = "would send"
	}
	attributes := []any{"conversation", row.Key.Conversation}
	if row.Key.Recovery {
		attributes = append(attributes, "kind", row.Key.Kind())
	}
	if row.Reason != "" {
		attributes = append(attributes, "reason", row.Reason)
	}
	if row.Status != 0 {
		attributes = append(attributes, "status", row.Status)
	}
	if row.Message != "" {
		attributes = append(attributes, "message", row.Message)
	}
	l.log.Log(context.Background(), level, what, attributes...)
}
