package bolt

import "golang.org/x/sys/unix"

// adviseUnneeded lets go of mapped pages, which must stay mapped meanwhile. Nothing changes in them but what is in the
// file: whoever reads on has them from the system's cache.
func adviseUnneeded(start uintptr, size int64) {
	// If it fails, they stay.
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, start, uintptr(size), unix.MADV_DONTNEED)
}
