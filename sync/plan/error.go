package plan

import (
	"fmt"

	"acsync/sync/exit"
)

// Error tells why a plan is not carried out.
type Error struct{ why string }

// Error says what happened and what to do.
func (e *Error) Error() string {
	return e.why + "; nothing was sent. Make a new one with acsync plan"
}

// ExitClass returns the code that the process ends with.
func (*Error) ExitClass() exit.Code { return exit.Usage }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
