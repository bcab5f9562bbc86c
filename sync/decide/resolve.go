package decide

import (
	"acsync/store"
)

// After is an entry as the ledger has it after a result.
func After(e store.Entry, r store.Result) store.Entry {
	e.State, e.Reason, e.Status, e.At, e.Due = r.State, r.Reason, r.Status, r.At, r.Due
	return e
}
