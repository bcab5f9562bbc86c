package tenant

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Pause is why passes that nobody attends are not made for a tenant, until somebody resumes it.
type Pause struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	// the configuration that passes cannot work with, by its digest: another one ends the pause; empty: a
	// person does
	Until string `json:"until_other_than,omitempty"`
}

// pauseFile lies beside the ledger that a file is, because the configuration may be read-only.
type pauseFile string

func (f pauseFile) read() (*Pause, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return unreadable(err), nil
	}
	return readPause(text), nil
}

// readPause reads a mark; nil where there is none.
func readPause(text []byte) *Pause {
	if text == nil {
		return nil
	}
	var p Pause
	if err := json.Unmarshal(text, &p); err != nil {
		return unreadable(err)
	}
	return &p
}

// unreadable is a pause: who cannot read whether to stand still stands still.
func unreadable(err error) *Pause {
	return &Pause{Reason: fmt.Sprintf("its mark cannot be read: %v", err)}
}

// write puts the mark in its place at once, so that nobody reads half of it.
func (f pauseFile) write(p Pause) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	next := string(f) + ".tmp"
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("note that the tenant is paused: %w", err)
	}
	if err := os.Rename(next, string(f)); err != nil {
		return fmt.Errorf("note that the tenant is paused: %w", errors.Join(err, os.Remove(next)))
	}
	return nil
}

func (f pauseFile) remove() error {
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take away that the tenant is paused: %w", err)
	}
	return nil
}
