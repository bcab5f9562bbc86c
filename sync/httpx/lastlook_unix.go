//go:build unix

package httpx

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// readNow asks the socket itself: to a deadline that has passed, Go says that nothing came.
func (l *lastLook) readNow(p []byte) (n int, err error) {
	socket, ok := l.Conn.(syscall.Conn)
	if !ok {
		return 0, os.ErrDeadlineExceeded
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	refused := raw.Control(func(fd uintptr) {
		for {
			if n, err = syscall.Read(int(fd), p); !errors.Is(err, syscall.EINTR) {
				return
			}
		}
	})
	switch {
	case refused != nil:
		return 0, refused
	case errors.Is(err, syscall.EAGAIN):
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}
