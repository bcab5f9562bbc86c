package app

import (
	"math/bits"
	"syscall"
)

// leastAddressSpace is what a pass needs, in bytes. The runtime takes most of it; with less it may end the
// program in the middle of a pass.
const leastAddressSpace = 7 << 28

// checkAddressSpace refuses a limit that is too tight.
func checkAddressSpace() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &limit); err != nil || bits.UintSize == 32 ||
		limit.Cur >= leastAddressSpace {
		return nil
	}
	return usagef("this process may have %d MiB of address space, and acsync needs %d: raise the limit (ulimit "+
		"-v, or LimitAS= of systemd), or lift it; nothing was done", limit.Cur>>20, leastAddressSpace>>20)
}
