package tenant

import (
	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/exit"
)

// ExitCode is the exit code of a pass: what ended it, else what it left behind.
func ExitCode(r surveysync.Result, err error) int {
	code := exit.Done
	switch {
	case r.Refused:
		code = exit.Credentials
	case err != nil:
		code, _ = exit.Of(err)
	case r.Fuse != "":
		code = exit.Fuse
	case r.Counts[store.Rejected]+r.Counts[store.InDoubt]+r.Unseen > 0:
		code = exit.NeedsHand
	case r.Down != "" || r.Counts[store.Retry] > 0:
		code = exit.Temporary
	}
	return int(code)
}
