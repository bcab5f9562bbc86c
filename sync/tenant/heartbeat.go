package tenant

import (
	"sync"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
)

// HeartbeatEvery is how often a process that holds the ledger tells others how far it is, also when nothing
// has changed: a report that is much older means that the process hangs.
const HeartbeatEvery = 2 * time.Second

// Reporter passes progress on to others: the ledger.
type Reporter interface {
	Info() (store.Info, error)
	Report(p store.Progress)
}

// Heartbeat makes progress of the events of a pass and reports it, in a goroutine of its own, so that a pass
// never waits for the file.
type Heartbeat struct {
	ledger     Reporter
	waitingFor func(now time.Time) string // nil: never for anything
	began      chan struct{}              // a pass: told at once, before it can be killed
	over       chan struct{}
	beating    sync.WaitGroup

	mu       sync.Mutex
	progress store.Progress
}

// StartHeartbeat begins to report, until Before. Mode is the name of the command.
func StartHeartbeat(ledger Reporter, mode string, waitingFor func(time.Time) string) *Heartbeat {
	h := &Heartbeat{
		ledger: ledger, waitingFor: waitingFor, began: make(chan struct{}, 1),
		over: make(chan struct{}), progress: store.Progress{Mode: mode},
	}
	// A ledger that cannot tell is for the command to report.
	if info, err := ledger.Info(); err == nil {
		h.progress.Checkpoint = info.Checkpoint
	}
	h.beating.Go(h.beat)
	return h
}

func (h *Heartbeat) beat() {
	tick := time.NewTicker(HeartbeatEvery)
	defer tick.Stop()
	for {
		h.ledger.Report(h.now())
		select {
		case <-h.began:
		case <-tick.C:
		case <-h.over:
			return
		}
	}
}

func (h *Heartbeat) now() store.Progress {
	h.mu.Lock()
	defer h.mu.Unlock()
	progress := h.progress
	if h.waitingFor != nil {
		progress.WaitingFor = h.waitingFor(time.Now())
	}
	return progress
}

// Before stops the heartbeat, and then closes the ledger.
func (h *Heartbeat) Before(closeLedger func() error) func() error {
	stop := sync.OnceFunc(func() { close(h.over) })
	return func() error {
		stop()
		h.beating.Wait()
		return closeLedger()
	}
}

// Observe takes in one event of the pass.
func (h *Heartbeat) Observe(event surveysync.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	to := &h.progress
	switch e := event.(type) {
	case surveysync.PassStarted:
		to.Pass, to.From, to.To, to.Read = e.Pass, e.From, e.Window.To, e.From
		to.Found += e.Due
		select {
		case h.began <- struct{}{}:
		default: // it is on its way
		}
	case surveysync.WindowRead:
		to.Found += e.Found
		to.Read = e.To
	case surveysync.WindowRecorded:
		to.Checkpoint = e.Checkpoint
	case surveysync.Disposed:
		to.Done++
		switch e.State {
		case store.Accepted:
			to.Accepted++
		case store.Rejected:
			to.Rejected++
		case store.InDoubt:
			to.InDoubt++
		case store.Skipped:
			to.Skipped++
		}
	}
}
