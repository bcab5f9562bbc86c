//go:build linux || darwin || freebsd

package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// FreeSpace gives the bytes that are free for this user on the disk of a file, or of its directory while
// there is no such file yet. On systems where it cannot be found out the error is errors.ErrUnsupported.
func FreeSpace(path string) (uint64, error) {
	var s syscall.Statfs_t
	err := syscall.Statfs(path, &s)
	if errors.Is(err, fs.ErrNotExist) {
		err = syscall.Statfs(filepath.Dir(path), &s)
	}
	if err != nil {
		return 0, fmt.Errorf("find out the free space at %s: %w", path, err)
	}
	// Unsigned on some systems; beyond the reserve it is negative on others.
	blocks := int64(s.Bavail) //nolint:unconvert
	return uint64(max(blocks, 0)) * uint64(s.Bsize), nil
}

// keepOwner gives a file the mode and the owner of the one that it is to replace.
func keepOwner(temp string, old fs.FileInfo) error {
	if err := os.Chmod(temp, old.Mode().Perm()); err != nil {
		return err
	}
	if stat, ok := old.Sys().(*syscall.Stat_t); ok {
		return os.Lchown(temp, int(stat.Uid), int(stat.Gid))
	}
	return nil
}
