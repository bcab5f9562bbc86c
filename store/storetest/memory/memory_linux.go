// Package memory is for tests that keep ledgers. It stands apart from storetest so that the commands which
// the tests start need not load what storetest is made with.
package memory

import (
	"os"
	"syscall"
)

const (
	sharedMem  = "/dev/shm"
	tmpfs      = 0x01021994 // the number that statfs gives (documented in statfs(2))
	noExec     = 0x8        // ST_NOEXEC: nothing can be run from there
	memoryRoom = 2 << 30    // bytes that must be free: containers often have 64 MB
)

// Use lets the tests of this process keep their files in memory, where the system has room for that: they
// commit thousands of times, and what they hold is the order of the syncs and never the disk. A TMPDIR that
// is set already stays.
func Use() {
	var s syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(sharedMem, &s) != nil {
		return
	}
	if s.Type != tmpfs || s.Flags&noExec != 0 || s.Bavail*uint64(s.Bsize) < memoryRoom {
		return
	}
	_ = os.Setenv("TMPDIR", sharedMem) // else the tests are slower, and that is all
}
