//go:build !unix

package app

import (
	"os"
)

// alive reports whether a process of this machine is there.
func alive(pid int) bool {
	process, err := os.FindProcess(pid) // on Windows it fails for one that is not
	if err != nil {
		return false
	}
	return process.Release() == nil
}
