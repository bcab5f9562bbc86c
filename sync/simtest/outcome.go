package simtest

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	surveysync "acsync/sync"
	"acsync/sync/exit"
	"acsync/sync/plan"
)

// outcome is how a process has ended.
type outcome struct {
	result surveysync.Result
	code   exit.Code
	err    error
	plan   *plan.Plan
	text   string // what else it has said
}

// endedProcess is a process that has come to its end.
type endedProcess struct {
	name string
	outcome
	killed bool
}

// told is an outcome for the journal, without what is other in each run.
func (e endedProcess) told(dir string) string {
	if e.killed {
		return "killed"
	}
	text := fmt.Sprintf("exit %d", e.code)
	if e.result.Mode != "" {
		text += fmt.Sprintf(", found %d, due %d, %v, checkpoint %s", e.result.Found, e.result.Due, e.result.Counts,
			e.result.Checkpoint.UTC().Format(time.RFC3339Nano))
	}
	if e.text != "" {
		text += ", " + e.text
	}
	if e.result.Fuse != "" {
		text += ", fuse " + e.result.Fuse
	}
	if e.err != nil {
		said := strings.ReplaceAll(e.err.Error(), dir, "DIR")
		text += ": " + chance.ReplaceAllString(said, "…")
	}
	return text
}

// chance matches what is another one each time: the ids of ledgers, and of the process that plays all of
// this.
var chance = regexp.MustCompile(`\b[0-9a-f]{16}\b|process \d+ on \S+`)

// serious reports whether a code tells of a ledger that cannot be used.
func serious(code exit.Code) bool { return code == exit.LedgerDamaged || code == exit.LedgerMissing }
