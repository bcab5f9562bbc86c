package report

import (
	"time"

	"acsync/store"
)

// Status is where a ledger stands.
type Status struct {
	store.Info
	Tenant string
	// the flags that point a command at the same ledger; empty, or begins with a blank
	Here      string
	Ledger    string           // path
	InDoubt   []store.Entry    // some of them, open intents first
	Backfills []store.Backfill // those that are not finished
	// by the latest passes, the latest first; of each pass those that its summary names
	Refused []store.Refusal
	NextDue time.Time // of what is scheduled or to be retried; zero for nothing
	// the last pass that left a summary, or was given one because it was killed; nil for none
	Last   *store.Run
	Ending Ending        // what its exit code means; nothing to look at where it was killed
	Killed *store.Holder // who had the ledger last, and left without closing it; nil: it was closed
	Recent Recent
	Now    time.Time

	FirstTried   time.Time     // of what is to be retried: the earliest first try; zero for none
	Witness      Witness       // what tells when the ledger is not the newest
	Asks         bool          // passes settle doubts by Agent Connect's data
	Settle       time.Duration // sync.settle, which the checkpoint stays behind
	Overlap      time.Duration // sync.overlap, which lateness must stay below
	MaxAge       time.Duration // sync.max_age; 0 = none
	MaxErrorRate float64       // sync.max_error_rate
}

// Ending is what the exit code of a pass means to whoever looks at it.
type Ending struct {
	Level   string // one of the levels of a signal
	Meaning string
	Todo    string // empty for nothing
	Partial bool   // nothing is lost, and another pass goes on
}

// Signals are what has to be watched, always in the same order.
func (s Status) Signals() []Signal {
	return []Signal{
		checkpointSignal(s), lastPassSignal(s), doubtSignal(s), retrySignal(s), rejectionSignal(s),
		latenessSignal(s), dueSignal(s), s.Witness.signal(),
	}
}

// doubtful is how many are in doubt: those that are so, and open intents, which the next pass will put
// in doubt.
func (s Status) doubtful() int { return s.Counts[store.InDoubt] + s.Counts[store.Sending] }

// total is how many conversations the ledger holds.
func (s Status) total() int {
	total := 0
	for _, n := range s.Counts {
		total += n
	}
	return total
}
