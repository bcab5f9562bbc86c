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
// is the one that follows from it.
func agrees(ts *testscript.TestScript, code int) {
	var r passReport
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &r); err != nil || r.Schema != "acsync.pass/1" {
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
