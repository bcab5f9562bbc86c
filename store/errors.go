package store

import (
	"errors"
	"fmt"
)

// The sentinels that callers tell apart with errors.Is. The errors returned wrap them, name the file and say what to do.
var (
	ErrMissing     = errors.New("there is no ledger")
	ErrExists      = errors.New("there is a ledger already")
	ErrLocked      = errors.New("another process holds the ledger")
	ErrDamaged     = errors.New("the ledger is damaged")
	ErrNewerFormat = errors.New("the ledger has a newer format")
	ErrReadOnly    = errors.New("the ledger is open for reading only")
	ErrRefused     = errors.New("the ledger refuses") // the states do not allow the change; nothing was written
)

// errClosed answers every call after Close.
var errClosed = errors.New("the ledger is closed; open it again")

// advice says what an operator can do about the sentinels that need an operator.
var advice = []struct {
	about error
	todo  string
}{
	{ErrMissing, "restore it from a backup, or run acsync init if there never was one"},
	{ErrExists, "use it, or choose another path; a ledger is never overwritten"},
	{ErrLocked, "wait for that pass to end, or stop it"},
	{ErrDamaged, "nothing was sent; put the newest copy of it back. A new ledger would know nobody and ask everybody again"},
	{ErrNewerFormat, "use the version of acsync that wrote it, or a newer one"},
	{ErrReadOnly, "open it for writing"},
}

// explain adds the path and the advice to an error that leaves the package; nil stays nil.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	for _, a := range advice {
		if errors.Is(err, a.about) {
			return fmt.Errorf("%s: %w; %s", path, err, a.todo)
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// damaged tells what is wrong with the file.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDamaged}, args...)...)
}

// refused tells which rule of the ledger a change would break.
func refused(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrRefused}, args...)...)
}
