//go:build !linux

package storetest

// InMemory does nothing on a system that has no such place.
func InMemory() {}
