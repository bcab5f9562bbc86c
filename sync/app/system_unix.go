//go:build unix

package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

func alive(pid int) bool {
	err := syscall.Kill(pid, 0) // asks, and sends nothing
	return err == nil || errors.Is(err, syscall.EPERM)
}

// pending is a file that is going to take the place of the one at a path. It stands beside that.
func pending(path string) (*renameio.PendingFile, error) {
	// Its WriteFile keeps the old permissions.
	return renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)),
		renameio.WithStaticPermissions(0o600))
}

// probePlace sees whether a new file can be written beside the one at a path.
func probePlace(path string) error {
	file, err := pending(path)
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, probeBytes))
	return errors.Join(err, file.Cleanup())
}

func replaceFile(path string, render func(io.Writer) error) error {
	file, err := pending(path)
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if err := render(file); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// sticky says why a file in a directory with the sticky bit is only for others to replace.
func sticky(dir os.FileInfo, path string) error {
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	us := os.Geteuid()
	for _, info := range []os.FileInfo{dir, file} {
		if owner, ok := info.Sys().(*syscall.Stat_t); us == 0 || !ok || int(owner.Uid) == us {
			return nil
		}
	}
	return fmt.Errorf("it is somebody else's, in a directory with the sticky bit: %w", syscall.EPERM)
}

// ownersOf are the numbers of the user and the group whose a file is, and whether they are known.
func ownersOf(path string) (user, group uint32, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, false
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, 0, false
	}
	return stat.Uid, stat.Gid, true
}
