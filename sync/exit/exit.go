// Package exit names the codes that acsync ends with, and lets an error say which of them it means. It
// imports nothing of ours, so that the package that makes an error can class it, and the command line needs
// to know no foreign type.
package exit

import (
	"errors"
	"maps"
	"slices"
)

// Code is an exit code of the process. The codes and their meanings are a promise; the manual lists them.
type Code int

// The codes. Two is left to Go's own panics.
const (
	Done          Code = 0  // all accounted for
	Failed        Code = 1  // what no other code says
	NeedsHand     Code = 3  // done, but some are rejected, in doubt, hidden from the key or unreadable
	Credentials   Code = 4  // a service refused the credentials
	Temporary     Code = 5  // the next run will help
	LedgerMissing Code = 10 // there is no ledger
	Locked        Code = 11 // another pass holds the lock
	Usage         Code = 12 // configuration or command line
	// a limit stopped the sending, see deliver.Limits; tenant.ExitCode says which code a pass has
	Fuse          Code = 13
	LedgerDamaged Code = 14  // the ledger cannot be used in its present state
	WouldSend     Code = 20  // plan --detailed-exitcode: there is something to send
	HungUp        Code = 129 // SIGHUP
	Interrupted   Code = 130 // SIGINT
	Quit          Code = 131 // SIGQUIT
	Terminated    Code = 143 // SIGTERM
)

var meanings = map[Code]string{
	Done:          "all accounted for",
	Failed:        "failed",
	NeedsHand:     "done, but some are rejected, parked or in doubt",
	Credentials:   "credentials refused",
	Temporary:     "temporary, the next run will help",
	LedgerMissing: "ledger missing",
	Locked:        "another pass holds the lock",
	Usage:         "configuration or usage",
	Fuse:          "a fuse blew",
	LedgerDamaged: "ledger damaged, rolled back, moved, far ahead of the clock, or of another tenant or key",
	WouldSend:     "only with plan --detailed-exitcode: there is something to send",
	HungUp:        "stopped by SIGHUP: after a clean drain",
	Interrupted:   "stopped by SIGINT: after a clean drain, or at once where it is the second signal",
	Quit:          "stopped by SIGQUIT: after a clean drain, or at once where it is the second signal",
	Terminated:    "stopped by SIGTERM: after a clean drain, or at once where it is the second signal",
}

// All returns every code in ascending order.
func All() []Code { return slices.Sorted(maps.Keys(meanings)) }

// String is the meaning of the code, in the words of the manual and the help; empty for a number that is no
// code.
func (c Code) String() string { return meanings[c] }

// Of returns the code of the outermost error in err's tree that knows how the process is to end when nothing
// handles it; it is Done for nil. It reports false for an error without one, which ends the process with
// Failed.
func Of(err error) (Code, bool) {
	if err == nil {
		return Done, true
	}
	type classed interface {
		error
		ExitClass() Code
	}
	if c, ok := errors.AsType[classed](err); ok {
		return c.ExitClass(), true
	}
	return Failed, false
}

// Or returns the code that err or what it wraps says, and otherwise another.
func Or(err error, otherwise Code) Code {
	if code, ok := Of(err); ok && err != nil {
		return code
	}
	return otherwise
}

// sentinel is an error that is compared with errors.Is.
type sentinel struct {
	code Code
	text string
}

// New returns an error with a text, as errors.New does, that ends the process with a code.
func New(code Code, text string) error { return &sentinel{code, text} }

func (s *sentinel) Error() string { return s.text }

// ExitClass returns the code that it was made with.
func (s *sentinel) ExitClass() Code { return s.code }
