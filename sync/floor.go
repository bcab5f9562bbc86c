package sync

import (
	"fmt"
	"time"
)

// FloorError tells that a window begins below the ledger's floor, where it has forgotten who was asked.
type FloorError struct{ From, Floor time.Time }

// Error says what happened and what to do.
func (e *FloorError) Error() string {
	return fmt.Sprintf("the window begins at %s, but the ledger has forgotten whom it asked about conversations marked done before %s: "+
		"they would be asked again. Nothing was read; begin there or later", e.From.UTC().Format(timeLayout), e.Floor.UTC().Format(timeLayout))
}
