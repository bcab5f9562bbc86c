package app_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/sync/report"
)

// planned DRY FILE: writes what of the conversations of a dry run's report would be sent, as a report.
func planned(ts *testscript.TestScript, _ bool, args []string) {
	var dry struct {
		Rows []report.Row `json:"conversations"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &dry))
	dry.Rows = slices.DeleteFunc(dry.Rows, func(r report.Row) bool { return r.Decision != "would_send" })
	text, err := json.Marshal(dry)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}

// edit FILE OTHER OLD NEW: writes the file with another text in place of the first that is there.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[2]) {
		ts.Fatalf("%s has no %s", args[0], args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.Replace(text, args[2], args[3], 1)), 0o600))
}
