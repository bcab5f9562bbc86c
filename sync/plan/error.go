package plan

import "fmt"

// Error tells why a plan is not carried out.
type Error struct{ why string }

// Error says what happened and what to do.
func (e *Error) Error() string {
	return e.why + "; nothing was sent. Make a new one with acsync plan"
}

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }
