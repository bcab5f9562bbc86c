package journey

import (
	"errors"
	"fmt"
	"os"
)

// spill is a file for what is too much for memory, in the system's directory for temporary ones; only this
// user can read it. The zero spill has none yet.
type spill struct{ *os.File }

// open makes the file, unless there is one.
func (s *spill) open() (err error) {
	if s.File == nil {
		s.File, err = os.CreateTemp("", "acsync-*")
	}
	return err
}

// remove closes the file, and removes it.
func (s *spill) remove() error {
	if s.File == nil {
		return nil
	}
	err := errors.Join(s.Close(), os.Remove(s.Name()))
	s.File = nil
	return err
}

// unkept is the error of what could not be written.
func unkept(what string, err error) error {
	return fmt.Errorf("keep what was %s in %s: %w; make room there, or name another place in TMPDIR", what,
		os.TempDir(), err)
}

// unreadable is the error of what was written and cannot be read again.
func unreadable(err error) error {
	return fmt.Errorf("read again what was kept in %s: %w", os.TempDir(), err)
}
