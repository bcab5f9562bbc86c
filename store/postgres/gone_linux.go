package postgres

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"acsync/store"
)

// bootID names the running system, and the space in which its numbers of processes mean something: a process
// of a container has another number outside of it. Empty where either is not known.
func bootID() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, unknown := os.Readlink("/proc/self/ns/pid")
	if err != nil || unknown != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// gone reports whether a process is certainly no more: it was one of this running system.
func gone(h store.Holder) bool {
	own := bootID()
	if own == "" || h.Boot != own || h.PID <= 0 {
		return false
	}
	return errors.Is(syscall.Kill(h.PID, 0), syscall.ESRCH)
}
