//go:build linux || darwin || freebsd

package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"acsync/store"
)

// networks lists the file systems of which neither the locks nor the syncs can be relied upon, by the numbers
// that statfs gives on Linux (documented in statfs(2) and in the kernel's linux/magic.h). Those of other
// systems are small and never among them.
var networks = map[uint32]string{
	0x00006969: "NFS",
	0x0000517B: "SMB",
	0xFE534D42: "SMB",
	0xFF534D42: "CIFS",
	0x01021997: "9p",
	0x65735546: "FUSE (as sshfs uses)",
	0x00C36400: "Ceph",
	0x0BD00BD0: "Lustre",
	0x5346414F: "AFS",
	0x6B414653: "AFS",
	0x73757245: "Coda",
	0x0000564C: "NCP",
	0x786F4256: "a VirtualBox shared folder",
}

// statfs tells of the file system of a file, or of its directory while there is no such file yet.
func statfs(path string) (s syscall.Statfs_t, err error) {
	err = syscall.Statfs(path, &s)
	if errors.Is(err, fs.ErrNotExist) {
		err = syscall.Statfs(filepath.Dir(path), &s)
	}
	return s, err
}

// network refuses a path on a network file system. What cannot be found out is taken for a local one.
func network(path string) error {
	s, err := statfs(path)
	if err != nil {
		return nil //nolint:nilerr // opening the file says what is wrong with the path
	}
	return networkKind(uint32(s.Type))
}

func networkKind(kind uint32) error {
	if name, found := networks[kind]; found {
		return fmt.Errorf("%w: %s", store.ErrNetwork, name)
	}
	return nil
}

func freeSpace(path string) (uint64, error) {
	s, err := statfs(path)
	if err != nil {
		return 0, fmt.Errorf("find out the free space at %s: %w", path, err)
	}
	// Unsigned on some systems; beyond the reserve it is negative on others.
	blocks := int64(s.Bavail) //nolint:unconvert
	return uint64(max(blocks, 0)) * uint64(s.Bsize), nil
}

// sameDisk reports whether two directories are of one file system.
func sameDisk(one, other string) bool {
	var a, b syscall.Stat_t
	return syscall.Stat(one, &a) == nil && syscall.Stat(other, &b) == nil && a.Dev == b.Dev
}

func mayWrite(dir string) error {
	const write = 2 // W_OK, see access(2)
	return syscall.Access(dir, write)
}

// giveTo gives a file the owner and the group of another. Where the owner is not to be had, the group may be.
func giveTo(path string, of fs.FileInfo) error {
	stat, ok := of.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	err := os.Lchown(path, int(stat.Uid), int(stat.Gid))
	if err != nil {
		_ = os.Lchown(path, -1, int(stat.Gid)) // the error tells that it is not the whole
	}
	return err
}

// hasBlocks reports whether there are blocks for all of a file.
func hasBlocks(info fs.FileInfo) bool {
	const block = 512 // bytes, whatever the file system's own are (POSIX)
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Blocks*block >= info.Size()
}
