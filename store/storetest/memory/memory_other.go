//go:build !linux

package memory

// Use does nothing on a system that has no such place.
func Use() {}
