package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"time"
)

// Progress is how far a pass has come; others can read it while the pass holds the ledger.
type Progress struct {
	Pass       string    `json:"pass,omitempty"` // id of the pass; empty before it has begun
	Mode       string    `json:"mode,omitempty"` // the name of its command; empty before the first report
	Began      time.Time `json:"began,omitzero"` // the pass, which may have let go of the ledger since
	From       time.Time `json:"from,omitzero"`  // the range of the pass
	To         time.Time `json:"to,omitzero"`
	Read       time.Time `json:"read,omitzero"`  // up to here windows were read
	Moved      time.Time `json:"moved,omitzero"` // when it last came forward
	Checkpoint time.Time `json:"checkpoint,omitzero"`
	Found      int       `json:"found"` // conversations found so far
	Done       int       `json:"done"`  // of these, those with a disposition; these are among them:
	Accepted   int       `json:"accepted"`
	Rejected   int       `json:"rejected"`
	InDoubt    int       `json:"in_doubt"`
	Skipped    int       `json:"skipped"`
	// of the accepted: before the ledger was opened as it is now
	AcceptedBefore int `json:"accepted_before,omitempty"`
	// what it waits for, in this program's own words alone
	WaitingFor string `json:"waiting_for,omitempty"`
	// what the ledger held a moment ago, for status; see report.Snapshot
	Status json.RawMessage `json:"status,omitempty"`
}

// Holder is the process that has the ledger open for writing, or was killed: only the lock tells which.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"` // when the ledger was opened; UTC
	At    time.Time `json:"at"`    // when it said this; UTC

	// the running system, and the space in which its number of a process means something; empty: not known
	Boot    string `json:"boot,omitempty"`
	Opening string `json:"opening,omitempty"` // the number of this opening of the ledger
	Known   uint64 `json:"known"`             // keys that had ever become accepted when the ledger was opened
	Foreign uint64 `json:"foreign,omitempty"` // keys that were accepted without a request of this ledger, by now

	// the summary of a pass that came to its end and could not write it into the ledger; nil for all others
	Run *Run `json:"run,omitempty"`

	Progress
}

// NewHolder is this process, which has opened a ledger now; see Holder for what it may say besides.
func NewHolder(known uint64) Holder {
	at := time.Now().UTC().Truncate(time.Millisecond)
	return Holder{PID: os.Getpid(), Host: HostName(), Since: at, At: at, Known: known}
}

// HostName names this machine to others.
func HostName() string {
	host, err := os.Hostname()
	if err != nil {
		return "an unknown host"
	}
	return host
}

// String names the holder as messages do.
func (h Holder) String() string {
	s := fmt.Sprintf("process %d on %s since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
	if h.Pass != "" {
		s += ", pass " + h.Pass
	}
	return s
}

// Waiter is a process that waits for the ledger.
type Waiter struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Mode  string    `json:"mode"`  // the name of its command
	Since time.Time `json:"since"` // when it began to wait; UTC
	At    time.Time `json:"at"`    // when it said this; UTC
	Place string    `json:"place"` // random; tells two of one process apart
}

// String names the waiter as messages do.
func (w Waiter) String() string {
	return fmt.Sprintf("%s, process %d on %s, since %s", w.Mode, w.PID, w.Host, w.Since.Format(time.RFC3339))
}

// Left is the summary that a holder who is gone has left, and that the ledger may lack: its own, or as that
// of a pass that was killed; nil where there is none.
func (h Holder) Left() *Run {
	if h.Run != nil {
		return h.Run
	}
	return h.Killed()
}

// Killed is the summary of the pass that a killed holder was in; nil where it was in none. What it has done
// since its last word is missing: at least so many were accepted, and rejected.
func (h Holder) Killed() *Run {
	if h.Pass == "" || h.Mode == "" {
		return nil
	}
	began := h.Began
	if began.IsZero() {
		began = h.Since
	}
	r := &Run{
		Pass: h.Pass, Mode: h.Mode, Started: began.UTC(), Ended: h.At.UTC(), From: h.From.UTC(),
		To: h.To.UTC(), Checkpoint: h.Checkpoint.UTC(), Found: max(h.Found, 0), Counts: map[string]int{
			Accepted.String(): h.Accepted, Rejected.String(): h.Rejected, InDoubt.String(): h.InDoubt,
			Skipped.String(): h.Skipped,
		}, Reasons: map[string]int{}, Killed: true,
	}
	maps.DeleteFunc(r.Counts, func(_ string, n int) bool { return n <= 0 })
	if _, err := json.Marshal(r); err != nil {
		return nil // a time that nobody has told
	}
	return r
}
