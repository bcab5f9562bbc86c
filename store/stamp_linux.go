package store

import (
	"fmt"
	"io/fs"
	"syscall"
)

// changed names a file and the moment at which it was changed last; "" where that is not known. Programs can set the time
// of modification as they like, but not this one.
func changed(stat fs.FileInfo) string {
	s, ok := stat.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	sec, nsec := s.Ctim.Unix()
	return fmt.Sprintf("%d %d.%09d", s.Ino, sec, nsec)
}
