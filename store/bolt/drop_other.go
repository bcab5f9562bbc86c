//go:build !linux

package bolt

// adviseUnneeded does nothing where that is not known to be harmless.
func adviseUnneeded(uintptr, int64) {}
