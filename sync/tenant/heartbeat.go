package tenant

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
)

// HeartbeatEvery is how often a process that holds the ledger tells others how far it is, also when nothing
// has changed: a report that is much older means that the process hangs.
const HeartbeatEvery = 2 * time.Second

// statusEvery is how often the status is told anew, beside the progress; less often where reading it takes
// long, so that it is never more than a twentieth of the work.
const statusEvery = 10 * time.Second

// mostRefusals is how many refusals of the pass under way are told, as many as its summary names.
const mostRefusals = 100

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
	read       func() StatusReader        // nil: no status is told
	news       chan struct{}              // told at once: a pass that began, before it can be killed
	over       chan struct{}
	beating    sync.WaitGroup

	mu       sync.Mutex
	progress store.Progress
	run      store.Run // what the pass under way has done, as far as is heard
}

// StatusReader gives what `status` shows of the ledger that is open, with the pass under way, of which no
// summary is there yet; nil where it cannot be read.
type StatusReader func(underWay store.Run) json.RawMessage

// StartHeartbeat begins to report, until Before. Mode is the name of the command.
func StartHeartbeat(ledger Reporter, mode string, waitingFor func(time.Time) string) *Heartbeat {
	h := &Heartbeat{
		ledger: ledger, waitingFor: waitingFor, news: make(chan struct{}, 1),
		progress: store.Progress{Mode: mode},
	}
	// A ledger that cannot tell is for the command to report.
	if info, err := ledger.Info(); err == nil {
		h.progress.Checkpoint = info.Checkpoint
	}
	h.start()
	return h
}

func (h *Heartbeat) start() {
	h.over = make(chan struct{})
	h.beating.Go(h.beat)
}

// Tell lets the status be told too, of each ledger that is opened by a reader of its own. It is read in a
// goroutine of its own: while the ledger is busy, the heartbeat goes on.
func (h *Heartbeat) Tell(read func() StatusReader) {
	h.read = read
	h.startTelling()
}

func (h *Heartbeat) startTelling() {
	if h.read != nil {
		status := h.read()
		h.beating.Go(func() { h.tell(status) })
	}
}

func (h *Heartbeat) tell(status StatusReader) {
	for {
		began := time.Now()
		told := status(h.underWay())
		h.mu.Lock()
		first := h.progress.Status == nil
		h.progress.Status = told
		h.mu.Unlock()
		if first {
			h.say()
		}
		select {
		case <-time.After(max(statusEvery, 20*time.Since(began))):
		case <-h.over:
			return
		}
	}
}

// say lets the next report be made at once.
func (h *Heartbeat) say() {
	select {
	case h.news <- struct{}{}:
	default: // it is on its way
	}
}

func (h *Heartbeat) underWay() store.Run {
	h.mu.Lock()
	defer h.mu.Unlock()
	run := h.run
	run.Counts, run.Reasons = maps.Clone(run.Counts), maps.Clone(run.Reasons)
	run.Refusals = slices.Clone(run.Refusals)
	return run
}

func (h *Heartbeat) beat() {
	tick := time.NewTicker(HeartbeatEvery)
	defer tick.Stop()
	for {
		h.ledger.Report(h.now())
		select {
		case <-h.news:
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
	return func() error {
		h.stop()
		return closeLedger()
	}
}

// stop ends the heartbeat, if that has not ended.
func (h *Heartbeat) stop() {
	if h.over == nil {
		return
	}
	close(h.over)
	h.beating.Wait()
	h.over = nil
}

// resume goes on, after stop, with the ledger as it was opened again.
func (h *Heartbeat) resume(ledger Reporter) {
	h.ledger = ledger
	h.mu.Lock()
	h.progress.AcceptedBefore, h.progress.Status = h.progress.Accepted, nil
	if info, err := ledger.Info(); err == nil {
		h.progress.Checkpoint = info.Checkpoint
	}
	h.mu.Unlock()
	h.start()
	h.startTelling()
}

// Observe takes in one event of the pass.
func (h *Heartbeat) Observe(event surveysync.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	to, now := &h.progress, time.Now().UTC()
	switch e := event.(type) {
	case surveysync.PassStarted:
		to.Pass, to.From, to.To, to.Read = e.Pass, e.From, e.Window.To, e.From
		to.Began, to.Moved = now, now
		to.Found += e.Due
		h.run = store.Run{
			Pass: e.Pass, Mode: e.Mode, Started: now, From: e.From, To: e.Window.To,
			Counts: map[string]int{}, Reasons: map[string]int{},
		}
		h.say()
	case surveysync.WindowRead:
		to.Found += e.Found
		to.Read, to.Moved = e.To, now
	case surveysync.WindowRecorded:
		to.Checkpoint, to.Moved = e.Checkpoint, now
	case surveysync.TakenBack:
		h.count(e.Row, 1)
		h.count(surveysync.Row{Key: e.Key, State: store.Rejected, Reason: e.Reason}, -1)
	case surveysync.Disposed:
		to.Done++
		to.Moved = now
		h.count(e.Row, 1)
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

// count counts what became of a conversation, or takes that back, as the summary of the pass will.
func (h *Heartbeat) count(row surveysync.Row, n int) {
	if h.run.Counts == nil {
		return // before it has begun
	}
	h.run.Counts[row.State.String()] += n
	if row.Reason != "" {
		h.run.Reasons[string(row.Reason)] += n
	}
	if row.State != store.Rejected {
		return
	}
	refusal := store.Refusal{
		Conversation: row.Key.Conversation, Reason: string(row.Reason), Kind: row.Key.Kind(),
	}
	if n < 0 {
		h.run.Refusals = slices.DeleteFunc(h.run.Refusals, func(r store.Refusal) bool { return r == refusal })
	} else if len(h.run.Refusals) < mostRefusals {
		h.run.Refusals = append(h.run.Refusals, refusal)
	}
}
