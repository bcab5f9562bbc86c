//go:build unix

package app

import "github.com/google/renameio/v2"

// writePrivate puts a file in the place of what is at path, whole or not at all, for its owner's eyes alone whoever could read
// what was there before.
func writePrivate(path string, text []byte) error {
	file, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(0o600)) // its WriteFile keeps the old ones
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if _, err := file.Write(text); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}
