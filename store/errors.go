package store

import (
	"errors"
	"fmt"

	"acsync/sync/exit"
)

// The sentinels that callers tell apart with errors.Is. The errors returned wrap them, name the file and say
// what to do.
var (
	ErrMissing = exit.New(exit.LedgerMissing, "there is no ledger")
	ErrExists  = exit.New(exit.Usage, "there is a ledger already")
	ErrLocked  = exit.New(exit.Locked, "another process holds the ledger")
	// ErrFenced is a ledger that another process has taken over meanwhile: nothing of this one counts any more.
	ErrFenced      = exit.New(exit.Locked, "another process has taken the ledger over")
	ErrDamaged     = exit.New(exit.LedgerDamaged, "the ledger is damaged")
	ErrNewerFormat = errors.New("the ledger has a newer format")
	ErrReadOnly    = errors.New("the ledger is open for reading only")
	// ErrRolledBack is a ledger that was lost or replaced, or an older copy.
	ErrRolledBack  = exit.New(exit.LedgerDamaged, "the ledger is not the one that was here last")
	ErrOtherTenant = exit.New(exit.LedgerDamaged, "the ledger serves another tenant")

	ErrOtherCredential = exit.New(
		exit.LedgerDamaged, "the ledger was kept with another API key of Agent Connect")

	// ErrRehearsal is a ledger of rehearsals in the place of another, and ErrNoRehearsal the reverse.
	ErrRehearsal = exit.New(
		exit.Usage, "the ledger is one of rehearsals, and knows nobody who was really asked")
	ErrNoRehearsal = exit.New(exit.Usage, "the ledger is not one of rehearsals")
	// ErrMoved is a ledger on another machine, at another path, or without its witness: it may be a copy.
	ErrMoved = exit.New(exit.LedgerDamaged, "the ledger is not where it was")

	// ErrMovedAway is a ledger that is kept elsewhere now, and never sent by again.
	ErrMovedAway = exit.New(exit.LedgerDamaged, "the ledger was moved away")

	ErrNetwork = errors.New("the ledger is on a network file system")
	ErrNoRoom  = errors.New("the disk of the ledger is nearly full")
	ErrRefused = errors.New("the ledger refuses") // the states do not allow the change; nothing was written
)

// Refused is ErrRefused with the rule of the ledger that a change would break.
func Refused(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrRefused}, args...)...)
}

// WriteError ends the sending at once: what cannot be remembered must not be sent.
type WriteError struct{ Err error }

// Error says what could not be written.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap is the ledger's own error.
func (e *WriteError) Unwrap() error { return e.Err }

// ExitClass returns what the ledger's own error says, and otherwise that the process failed.
func (e *WriteError) ExitClass() exit.Code { return exit.Or(e.Err, exit.Failed) }
