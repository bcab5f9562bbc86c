package store

import "acsync/sync/exit"

// WriteError is a write to the ledger that failed in the middle of work. It ends the sending at once: what
// cannot be remembered must not be sent.
type WriteError struct{ Err error }

// Error says what could not be written.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap is the ledger's own error.
func (e *WriteError) Unwrap() error { return e.Err }

// ExitClass returns what the ledger's own error says, and otherwise that the process failed.
func (e *WriteError) ExitClass() exit.Code { return exit.Or(e.Err, exit.Failed) }
