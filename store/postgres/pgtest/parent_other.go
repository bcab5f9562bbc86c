//go:build !linux

package pgtest

import "syscall"

// endWithParent does nothing here.
func endWithParent(*syscall.SysProcAttr) {}
