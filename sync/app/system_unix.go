//go:build unix

package app

import (
	"errors"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

func alive(pid int) bool {
	err := syscall.Kill(pid, 0) // asks, and sends nothing
	return err == nil || errors.Is(err, syscall.EPERM)
}

// writePrivate puts a file in the place of what is at path, or where a link there leads, whole or not at all,
// for its owner's eyes alone whoever could read what was there before.
func writePrivate(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	// Its WriteFile keeps the old permissions.
	file, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}
