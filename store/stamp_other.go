//go:build !linux && !darwin

package store

import "io/fs"

// changed would name a file and the moment at which it was changed last. This system tells no time that a program could
// not set as it likes: every opening inspects the whole tree.
func changed(fs.FileInfo) string { return "" }
