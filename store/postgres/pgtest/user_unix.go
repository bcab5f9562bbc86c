//go:build unix

package pgtest

import (
	"os"
	"os/user"
	"strconv"
	"sync"
	"syscall"
)

// unprivileged is whom the server runs as, which refuses to be root; nil where this process is not.
var unprivileged = sync.OnceValue(func() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, bad := strconv.ParseUint(u.Uid, 10, 32)
		gid, worse := strconv.ParseUint(u.Gid, 10, 32)
		if bad == nil && worse == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
})

// processOf are the attributes of a process that runs as whoever runs the server.
func processOf() *syscall.SysProcAttr { return &syscall.SysProcAttr{Credential: unprivileged()} }

// giveAway gives a directory to whoever runs the server.
func giveAway(dir string) error {
	id := unprivileged()
	if id == nil {
		return nil
	}
	return os.Chown(dir, int(id.Uid), int(id.Gid))
}
