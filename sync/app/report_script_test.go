package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/sync/report"
)

// mode PERMISSIONS FILE...: the files have them.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, file := range args[1:] {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if got := info.Mode().Perm(); got != os.FileMode(want) && runtime.GOOS != "windows" {
			ts.Fatalf("%s has the permissions %v, want %v", file, got, os.FileMode(want))
		}
	}
}

// agree DRY LIVE: two reports in JSON decide the same of each conversation; what the first would send the second sent, or
// tried to.
func agree(ts *testscript.TestScript, _ bool, args []string) {
	var made [2]struct {
		Rows []report.Row `json:"conversations"`
	}
	for i, file := range args {
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &made[i]))
	}
	dry, live := made[0].Rows, made[1].Rows
	if len(dry) == 0 || len(dry) != len(live) {
		ts.Fatalf("%s has %d conversations, %s has %d", args[0], len(dry), args[1], len(live))
	}
	for i, planned := range dry {
		done := live[i]
		planned.Handled, done.Handled = report.Moment{}, report.Moment{} // when is no part of a decision
		if planned.Decision == "would_send" && (done.Decision == "accepted" || done.Decision == "rejected") {
			planned.Decision, planned.Reason = done.Decision, done.Reason
			planned.Status, planned.Message = done.Status, done.Message
		}
		if a, b := fmt.Sprint(planned), fmt.Sprint(done); a != b {
			ts.Fatalf("they differ:\n%s\n%s", a, b)
		}
	}
}
