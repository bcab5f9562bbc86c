package store

// WriteError is a write to the ledger that failed in the middle of work. It ends the sending at once: what
// cannot be remembered must not be sent.
type WriteError struct{ Err error }

// Error says what could not be written.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap is the ledger's own error.
func (e *WriteError) Unwrap() error { return e.Err }
