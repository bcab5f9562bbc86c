//go:build !unix

package httpx

import "time"

// lookTime is how long a read waits for what the socket holds, where it cannot be asked for that alone.
const lookTime = 250 * time.Millisecond

func (l *lastLook) readNow(p []byte) (int, error) {
	if err := l.Conn.SetReadDeadline(time.Now().Add(lookTime)); err != nil {
		return 0, err
	}
	return l.Conn.Read(p)
}
