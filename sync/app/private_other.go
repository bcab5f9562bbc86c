//go:build !unix

package app

import (
	"os"
)

// writePrivate puts a file in the place of what is at path. Who may read it is decided by its directory here.
func writePrivate(path string, text []byte) error { return os.WriteFile(path, text, 0o600) }
