package sync

import (
	"time"

	"acsync/sync/fetch"
)

// Observer hears what a pass does, from several goroutines, one call at a time.
type Observer interface {
	Observe(Event)
}

// Event is one of the types below.
type Event interface{ event() }

// PassStarted opens a pass.
type PassStarted struct {
	Pass         string
	Mode         string
	DryRun       bool
	fetch.Window     // the whole range
	Due          int // taken up from the ledger: scheduled, to be retried, in doubt
}

// Estimated tells what is to come, before a back-fill begins.
type Estimated struct{ fetch.Estimate }

// WindowRead tells that a window was read whole and decided.
type WindowRead struct {
	fetch.Window
	Found int
	Send  int
}

// Disposed tells what became of one conversation, once for each; of one that was skipped, and then seen again
// to be sent, the last counts.
type Disposed struct{ Row }

// WindowRecorded tells that a window is in the ledger.
type WindowRecorded struct {
	fetch.Window
	Checkpoint time.Time
	Position   time.Time // the same, or how far a back-fill has come
}

// Notice is something that the operator should know, said once.
type Notice struct{ Text string }

// PassEnded closes a pass.
type PassEnded struct{ Result }

func (PassStarted) event()    {}
func (Estimated) event()      {}
func (WindowRead) event()     {}
func (Disposed) event()       {}
func (WindowRecorded) event() {}
func (Notice) event()         {}
func (PassEnded) event()      {}
