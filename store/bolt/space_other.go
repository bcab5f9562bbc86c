//go:build !(linux || darwin || freebsd)

package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// FreeSpace gives the bytes that are free for this user on the disk of a file. On this system it cannot be
// found out: the error is errors.ErrUnsupported.
func FreeSpace(path string) (uint64, error) {
	return 0, fmt.Errorf("find out the free space at %s: %w", path, errors.ErrUnsupported)
}

// keepOwner gives a file the mode of the one that it is to replace.
func keepOwner(temp string, old fs.FileInfo) error {
	return os.Chmod(temp, old.Mode().Perm())
}
