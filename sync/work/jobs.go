package work

import "time"

// queue is that of all jobs.
const queue = "acsync"

// passJob is one slice of a pass.
type passJob struct {
	Tenant string    `json:"tenant" river:"unique"`
	Due    time.Time `json:"due" river:"unique"`
}

// Kind names it to River.
func (passJob) Kind() string { return "pass" }

// Backfill is a range of a tenant that is to be asked about.
type Backfill struct {
	Tenant string `json:"tenant" river:"unique"`
	From   string `json:"from" river:"unique"`          // as acsync backfill takes it
	To     string `json:"to" river:"unique"`            // as acsync backfill takes it
	Max    int    `json:"max,omitempty" river:"unique"` // survey requests; 0: no limit
}

// Kind names it to River.
func (Backfill) Kind() string { return "backfill" }
