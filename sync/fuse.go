package sync

import (
	"fmt"
	stdsync "sync"

	"acsync/store"
)

// Limits are the fuses of a pass: what makes it stop sending and keep the rest for later. Zero switches one off.
type Limits struct {
	Requests  int     // at most so many survey requests: max_per_run
	Max       int     // the operator's own limit for this pass: --max
	ErrorRate float64 // share of rejected requests, 0 to 1, once enough were sent: max_error_rate
}

const (
	enoughToJudge  = 40 // requests before the share of rejected ones counts
	failuresInARow = 5  // answers that tell nothing, or no connection, before the service is taken to be down
)

// fuse admits survey requests until one of the limits is reached; once blown it stays so for the pass.
type fuse struct {
	limits Limits

	mu       stdsync.Mutex
	admitted int
	judged   int
	rejected int
	failures int // in a row
	silences int // in a row: no connection at all
	blown    string
	enough   bool // the operator's own limit is reached: no fault
	down     bool // Agent Connect cannot be reached: nothing is lost, a later pass will do
}

// admit takes a place for one more survey request; false when the pass is to stop sending.
func (f *fuse) admit() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.blown != "" || f.enough || f.down:
		return false
	case f.limits.Max > 0 && f.admitted >= f.limits.Max:
		f.enough = true
		return false
	case f.limits.Requests > 0 && f.admitted >= f.limits.Requests:
		f.blown = fmt.Sprintf("max_per_run: %d survey requests were created in this pass", f.admitted)
		return false
	}
	f.admitted++
	return true
}

// release gives a place back that was not used.
func (f *fuse) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.admitted--
}

// note takes in an outcome.
func (f *fuse) note(o Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judged++
	switch {
	case o.State == store.Rejected:
		f.rejected++
		f.failures = 0
	case o.State == store.InDoubt:
		f.failures++
	case o.Reason == Unreachable:
		f.silences++
		f.down = f.down || f.silences >= failuresInARow
		return
	default:
		f.failures = 0
	}
	f.silences = 0
	if f.blown != "" {
		return
	}
	if f.failures >= failuresInARow {
		f.blown = fmt.Sprintf("server_failures: %d requests in a row got no usable answer", f.failures)
	}
	if f.limits.ErrorRate > 0 && f.judged >= enoughToJudge && float64(f.rejected) > f.limits.ErrorRate*float64(f.judged) {
		f.blown = fmt.Sprintf("max_error_rate: %d of %d survey requests were rejected", f.rejected, f.judged)
	}
}

// tell writes into the result what made the pass stop sending.
func (f *fuse) tell(r *Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Fuse, r.Enough, r.Down = f.blown, f.enough, f.down
}
