package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"

	"acsync/store"
)

const (
	fenceSuffix  = ".fence"  // added to the path of the ledger for its fence
	holderSuffix = ".holder" // and for the file that names its holder

	// mostBeside is how much is read of a file beside a ledger, in bytes: far more than any has.
	mostBeside = 64 << 10
)

// MinRoom is the free space, in bytes, that [Ledger.Room] wants: to stop while there is still some, for the
// fence and for everybody else. What is in flight then has a reserve of its own.
const MinRoom = 32 << 20

// errNoFile answers for what lies beside a ledger and was not put there by this package.
var errNoFile = errors.New("it is no regular file that acsync wrote; remove it")

// Files are the paths of a ledger and of what lies beside it: none of them may be replaced by something else.
func Files(path string) []string {
	return []string{
		path, beside(path, fenceSuffix), beside(path, holderSuffix), beside(path, waitingSuffix),
	}
}

// Kept reports whether there is a ledger at a path, whatever it is called and for whom it is, a copy of one,
// or what lies beside one: whoever replaces it lets everybody be asked again.
func Kept(path string) bool {
	for _, suffix := range []string{"", fenceSuffix, holderSuffix, waitingSuffix} {
		if ledger, ok := strings.CutSuffix(path, suffix); ok && isBolt(ledger) {
			return true
		}
	}
	// It tells of a ledger that is lost.
	ledger, ok := strings.CutSuffix(path, fenceSuffix)
	if !ok {
		return false
	}
	_, err := readFence(ledger)
	return err == nil
}

// beside is the path of a file next to the ledger itself, not to a symbolic link to it.
func beside(path, suffix string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path + suffix
}

func readBeside(path, suffix string) ([]byte, error) { return readSmall(beside(path, suffix)) }

// readSmall reads a file that this package writes. It never waits for a pipe that nobody writes to.
func readSmall(path string) ([]byte, error) {
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
// up after crashes. The file becomes that of whoever has the ledger, see share.
func replace(ledger, path string, content []byte, durable bool) error {
	temp := path + ".tmp"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = share(temp, ledger)
	}
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

// share lets whoever may use a ledger use a file of it as well: the file takes the ledger's mode, whatever
// the umask, and its owner where this process may give files away, as root's may. Otherwise one run as root
// would lock everybody else out.
func share(path, ledger string) error {
	stat, err := os.Stat(ledger)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // it was taken away while it was in use, which is for others to say
	case err != nil:
		return err
	}
	if err := os.Chmod(path, stat.Mode().Perm()&0o666|0o600); err != nil {
		return err
	}
	if err := giveTo(path, stat); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// roomIn makes sure that files can be made in a directory.
func roomIn(dir string) error {
	temp, err := tempFile(filepath.Join(dir, "acsync"))
	if err == nil {
		err = os.Remove(temp)
	}
	return err
}

// MakeDir makes a directory with a mode, and those that it lies in. Each is of whom the one around it is, as
// far as this process may give it away: root may work in the home of somebody else.
func MakeDir(dir string, mode fs.FileMode) error {
	// Not every system says of a root that it exists.
	if stat, err := os.Stat(dir); err == nil && stat.IsDir() {
		return nil
	}
	err := os.Mkdir(dir, mode)
	parent := filepath.Dir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err = MakeDir(parent, mode); err == nil {
			err = os.Mkdir(dir, mode)
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return GiveToFolder(dir)
}

// GiveToFolder gives what root has made to whom the folder around it is, as far as this process may.
func GiveToFolder(path string) error {
	around, err := os.Stat(filepath.Dir(path))
	if err == nil {
		err = giveTo(path, around)
	}
	if errors.Is(err, fs.ErrPermission) {
		err = nil
	}
	return err
}

// writableDir says why nothing can be written into a directory, without writing anything. One that is still
// to be made can be if the nearest one around it can.
func writableDir(dir string, made bool) error {
	stat, err := os.Stat(dir)
	parent := filepath.Dir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && made && parent != dir:
		return writableDir(parent, made)
	case err != nil:
		return err
	case !stat.IsDir():
		return syscall.ENOTDIR
	}
	return mayWrite(dir)
}

func tempFile(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// removeAll removes the files of a directory whose names match.
func removeAll(dir string, names *regexp.Regexp) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if names.MatchString(entry.Name()) {
			err = cmp.Or(err, os.Remove(filepath.Join(dir, entry.Name())))
		}
	}
	return err
}

// publish gives a finished file its name, unless that is taken, by a hard link where the file system has
// them.
func publish(temp, path string) error {
	err := os.Link(temp, path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return store.ErrExists
	}
	return publishByClaim(temp, path)
}

// publishByClaim renames over an empty file. A crash in between leaves that, which Open takes for a damaged
// ledger, never for a new one.
func publishByClaim(temp, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return store.ErrExists
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// syncDir makes a name itself durable. Windows cannot sync a directory, and needs not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("the directory %s could not be synced: %w", dir, err)
	}
	return nil
}

// Site is the disk that a ledger lies on, or is to lie on.
type Site struct {
	Free     uint64 // bytes
	Unknown  error  // why that cannot be found out; nil: it can
	Network  error  // it is store.ErrNetwork on a network file system, and nil on any other
	Unusable error  // why nothing can be written beside the ledger; nil: it can
}

// SiteOf looks at where a ledger lies, and changes nothing.
func SiteOf(path string) Site {
	place := beside(path, "")
	free, err := freeSpace(place)
	return Site{
		Free: free, Unknown: err, Network: network(place), Unusable: writableDir(filepath.Dir(place), false),
	}
}

func checkRoom(path string) error {
	free, err := freeSpace(path)
	if err != nil {
		return err
	}
	return roomFor(free)
}

func roomFor(free uint64) error {
	if free >= MinRoom {
		return nil
	}
	return fmt.Errorf("%w: %d MiB are free, %d MiB are needed", store.ErrNoRoom, free>>20, MinRoom>>20)
}
