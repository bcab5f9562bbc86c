//go:build !unix

package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

func alive(pid int) bool {
	process, err := os.FindProcess(pid) // on Windows it fails for one that is not
	return err == nil && process.Release() == nil
}

// replaceFile puts a file in the place of what is at path. Who may read it is decided by its directory here.
func replaceFile(path string, render func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(render(file), file.Close())
}

// probePlace sees whether a new file can be written beside the one at a path.
func probePlace(path string) error {
	probe, err := os.CreateTemp(filepath.Dir(path), ".acsync-*")
	if err != nil {
		return err
	}
	_, err = probe.Write(make([]byte, probeBytes))
	return errors.Join(err, probe.Close(), os.Remove(probe.Name()))
}

func sticky(os.FileInfo, string) error { return nil }

func ownersOf(string) (user, group uint32, known bool) { return 0, 0, false }
