package app_test

import (
	"encoding/json"

	"github.com/rogpeppe/go-internal/testscript"
)

// passReport is what a program needs of a pass's report to know how the pass ended.
type passReport struct {
	Schema    string `json:"schema"`
	Mode      string `json:"mode"`
	Found     int    `json:"found"`
	Accepted  int    `json:"accepted"`
	Scheduled int    `json:"scheduled"`
	Rejected  int    `json:"rejected"`
	Retry     int    `json:"retry"`
	InDoubt   int    `json:"in_doubt"`
	Dropped   int    `json:"dropped"`
	Skipped   int    `json:"skipped"`
	WouldSend int    `json:"would_send"`
	Unseen    int    `json:"unseen"`
	Fuse      string `json:"fuse"`
	Down      string `json:"down"`
	EndedBy   string `json:"ended_by"`
	Exit      int    `json:"exit"`

	Reasons map[string]int `json:"reasons"`
}

// exit derives the exit code from the rest of the report, as the README tells it.
func (r passReport) exit() int {
	endings := map[string]int{
		"failure": 1, "credentials": 4, "temporary": 5, "max-duration": 5, "refused": 12, "ledger": 14,
		"SIGHUP": 129, "SIGINT": 130, "SIGQUIT": 131, "SIGTERM": 143,
	}
	switch {
	case r.EndedBy != "":
		return endings[r.EndedBy]
	case r.Fuse != "":
		return 13
	case r.Rejected+r.InDoubt+r.Unseen+r.Reasons["no_first_request"] > 0:
		return 3
	case r.Retry > 0 || r.Down != "":
		return 5
	}
	return 0
}

// sum adds up the dispositions.
func (r passReport) sum() int {
	return r.Accepted + r.Scheduled + r.Rejected + r.Retry + r.InDoubt + r.Dropped + r.Skipped + r.WouldSend
}

// agrees holds, whenever a script has a pass print its report for programs, that the report adds up, and that the exit code
// is the one that follows from it; and of past passes, that all that they found has a disposition.
func agrees(ts *testscript.TestScript, out string, code int) {
	var r passReport
	switch err := json.Unmarshal([]byte(out), &r); {
	case err == nil && r.Schema == "acsync.audit/1" && r.Exit != code:
		ts.Fatalf("the exit code is %d, and the audit says %d", code, r.Exit)
	case err == nil && r.Schema == "acsync.history/1":
		addsUp(ts, out)
		return
	case err != nil || r.Schema != "acsync.pass/1":
		return
	}
	follows := r.exit()
	if code == 20 && r.Mode == "plan" && r.WouldSend > 0 && (follows == 0 || follows == 3) { // --detailed-exitcode
		follows = code
	}
	if r.Exit != code || follows != code {
		ts.Fatalf("the exit code is %d, the report says %d, and %d follows from the rest of it", code, r.Exit, follows)
	}
	if r.sum() != r.Found {
		ts.Fatalf("%d were found, and %d have a disposition", r.Found, r.sum())
	}
}

// addsUp holds that what past passes found is the sum of its dispositions, together and of each pass.
func addsUp(ts *testscript.TestScript, out string) {
	var h struct {
		Found        int
		Dispositions []struct{ Count int }
		Passes       []struct {
			Pass   string
			Found  int
			Counts map[string]int
		}
	}
	ts.Check(json.Unmarshal([]byte(out), &h))
	sum, found := 0, 0
	for _, d := range h.Dispositions {
		sum += d.Count
	}
	for _, p := range h.Passes {
		each := 0
		for _, n := range p.Counts {
			each += n
		}
		if found += p.Found; each != p.Found {
			ts.Fatalf("pass %s found %d, and %d have a disposition", p.Pass, p.Found, each)
		}
	}
	if sum != h.Found || found != h.Found {
		ts.Fatalf("%d were found, %d by the passes one by one, and %d have a disposition", h.Found, found, sum)
	}
}
