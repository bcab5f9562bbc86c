package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"acsync/store"
)

// networks lists the file systems of which neither the locks nor the syncs can be relied upon, by the numbers
// that statfs gives (documented in statfs(2) and in the kernel's linux/magic.h).
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

// network refuses a path on a network file system. Where the kind cannot be found out, it is taken for a
// local one.
func network(path string) error {
	var s syscall.Statfs_t
	err := syscall.Statfs(path, &s)
	if err != nil && os.IsNotExist(err) {
		err = syscall.Statfs(filepath.Dir(path), &s)
	}
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
