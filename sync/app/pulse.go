package app

import (
	"sync"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
)

// pulseEvery is how often a process that holds the ledger tells others how far it is, also when nothing has changed: a
// report that is much older means that the process hangs.
const pulseEvery = 2 * time.Second

// reporter passes progress on to others: the ledger.
type reporter interface {
	Info() (store.Info, error)
	Report(p store.Progress)
}

// pulse makes progress of the events of a pass and reports it, in a goroutine of its own, so that a pass never waits
// for the file.
type pulse struct {
	ledger     reporter
	waitingFor func(now time.Time) string // nil: never for anything
	began      chan struct{}              // a pass: told at once, so that it is known however soon it is killed
	over       chan struct{}
	beating    sync.WaitGroup

	mu       sync.Mutex
	progress store.Progress
}

// startPulse begins to report, until stop. Mode is the name of the command.
func startPulse(ledger reporter, mode string, waitingFor func(time.Time) string) *pulse {
	p := &pulse{ledger: ledger, waitingFor: waitingFor, began: make(chan struct{}, 1), over: make(chan struct{}), progress: store.Progress{Mode: mode}}
	if info, err := ledger.Info(); err == nil { // if not, it is for the command to say so
		p.progress.Checkpoint = info.Checkpoint
	}
	p.beating.Go(p.beat)
	return p
}

func (p *pulse) beat() {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		p.ledger.Report(p.now())
		select {
		case <-p.began:
		case <-tick.C:
		case <-p.over:
			return
		}
	}
}

// now is the progress at this moment.
func (p *pulse) now() store.Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	progress := p.progress
	if p.waitingFor != nil {
		progress.WaitingFor = p.waitingFor(time.Now())
	}
	return progress
}

// before stops the pulse, and then closes the ledger.
func (p *pulse) before(closeLedger func() error) func() error {
	stop := sync.OnceFunc(func() { close(p.over) })
	return func() error {
		stop()
		p.beating.Wait()
		return closeLedger()
	}
}

// Observe takes in one event of the pass.
func (p *pulse) Observe(event surveysync.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := &p.progress
	switch e := event.(type) {
	case surveysync.PassStarted:
		to.Pass, to.From, to.To, to.Read = e.Pass, e.From, e.Window.To, e.From
		to.Found += e.Due
		select {
		case p.began <- struct{}{}:
		default: // it is on its way
		}
	case surveysync.WindowRead:
		to.Found += e.Found
		to.Read = e.To
	case surveysync.WindowRecorded:
		to.Checkpoint = e.Checkpoint
	case surveysync.Disposed:
		p.count(e.State)
	}
}

func (p *pulse) count(state store.State) {
	p.progress.Done++
	switch state {
	case store.Accepted:
		p.progress.Accepted++
	case store.Rejected:
		p.progress.Rejected++
	case store.InDoubt:
		p.progress.InDoubt++
	case store.Skipped:
		p.progress.Skipped++
	}
}
