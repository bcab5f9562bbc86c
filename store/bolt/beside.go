package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// mostBeside is how much is read of a file beside a ledger, in bytes: far more than any has.
const mostBeside = 64 << 10

// errNoFile answers for what lies beside a ledger and was not put there by this package.
var errNoFile = errors.New("it is no regular file that acsync wrote; remove it")

// beside is the path of a file that accompanies a ledger: next to the file itself, not to a symbolic link to
// it.
func beside(path, suffix string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path + suffix
}

// readBeside reads a file beside a ledger. What is no file, such as a pipe that nobody writes to, is never
// waited for.
func readBeside(path, suffix string) ([]byte, error) {
	path = beside(path, suffix)
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !stat.Mode().IsRegular() || stat.Size() > mostBeside {
		return nil, errNoFile
	}
	return os.ReadFile(path)
}

// replace puts a small file in the place of another, whole or not at all; durable waits for the disk. Only
// whoever holds the ledger's lock writes beside it, so the temporary name can be a fixed one, and none pile
// up after crashes. The mode is that of the new file, whatever the old one had.
func replace(path string, content []byte, mode fs.FileMode, durable bool) error {
	temp := path + ".tmp"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if durable {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// roomBeside makes sure that files beside a ledger can be replaced.
func roomBeside(path string) error {
	temp, err := tempFile(beside(path, ""))
	if err == nil {
		err = os.Remove(temp)
	}
	return unfenced(err)
}

// unfenced explains why a fence could not be written; nil stays nil.
func unfenced(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the fence of the ledger could not be written: %w; make sure that its directory "+
		"can be written to and has space", err)
}

// Files are the paths of a ledger and of what lies beside it: none of them may be replaced by something else.
func Files(path string) []string {
	return []string{path, beside(path, fenceSuffix), beside(path, holderSuffix)}
}

const (
	fenceSuffix  = ".fence"  // added to the path of the ledger for its fence
	holderSuffix = ".holder" // and for the file that names its holder
)
