package simtest

import (
	"strings"
	"syscall"
)

// exhausted are what this machine says when it has run out of something. None of it is part of a world, but
// for what errDisk says.
var exhausted = []syscall.Errno{
	syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
}

// shortage is what this machine has run out of, by what a text tells of it; empty: of nothing.
func shortage(text string) string {
	text = strings.ReplaceAll(text, errDisk.Error(), "")
	for _, each := range exhausted {
		if strings.Contains(text, each.Error()) {
			return each.Error()
		}
	}
	return ""
}
