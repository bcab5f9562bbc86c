//go:build !unix

package app

import "os"

func alive(pid int) bool {
	process, err := os.FindProcess(pid) // on Windows it fails for one that is not
	return err == nil && process.Release() == nil
}

// writePrivate puts a file in the place of what is at path. Who may read it is decided by its directory here.
func writePrivate(path string, text []byte) error { return os.WriteFile(path, text, 0o600) }
