package app

import (
	"fmt"
	"strings"

	"acsync/sync/exit"
)

// exitCodes lists every exit code with its meaning, for the help.
func exitCodes() string {
	var lines []string
	for _, code := range exit.All() {
		lines = append(lines, fmt.Sprintf("%3d  %s", code, code))
	}
	return strings.Join(lines, "\n")
}

// usageError is a command line that cannot be carried out.
type usageError struct{ message string }

func (e usageError) Error() string      { return e.message }
func (usageError) ExitClass() exit.Code { return exit.Usage }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// ended is the end of a command that has reported its exit code.
type ended struct {
	code exit.Code
	err  error // nil: the report says it all
}

func (e ended) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e ended) Unwrap() error        { return e.err }
func (e ended) ExitClass() exit.Code { return e.code }

// exitCode is the code of an error; each type of error says its own.
func exitCode(err error) exit.Code {
	code, _ := exit.Of(err)
	return code
}
