package app

import (
	"log/slog"

	surveysync "acsync/sync"
)

// watch is who listens to a pass: the log, and on a terminal the progress bar.
type watch struct {
	observer observers
	log      *slog.Logger
	waits    func(func() string) // tells where to ask what is waited for
	stop     func()
}

// newWatch lets the terminal and the log follow a pass; perMinute is the pace at which survey requests can be
// sent.
func newWatch(t terminal, perMinute int) watch {
	if !t.progress {
		log := t.logger(t.stderr)
		progress := &logProgress{log: log, perMinute: perMinute}
		return watch{observers{eventLog{log}, progress}, log, func(func() string) {}, func() {}}
	}
	bar := newBar(t.stderr, t.errWidth, t.colorErr)
	bar.perMinute = perMinute
	log := t.logger(bar)
	return watch{observers{bar, eventLog{log}}, log, bar.line.setWaiting, bar.stop}
}

// observers lets several listen.
type observers []surveysync.Observer

// Observe passes the event on.
func (o observers) Observe(event surveysync.Event) {
	for _, observer := range o {
		observer.Observe(event)
	}
}
