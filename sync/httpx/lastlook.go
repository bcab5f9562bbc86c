package httpx

import (
	"net"
	"sync"
	"time"
)

// lastLook is a connection whose time can be over without an answer being lost that has come by then. A timer
// can fire before what is in the socket was read: a process that was stopped, or slept with its machine,
// finds both when it goes on. So from then on a read takes what the socket holds, and waits for nothing.
type lastLook struct {
	net.Conn

	mu   sync.Mutex
	over bool
}

// expire says that the time is over.
func (l *lastLook) expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	_ = l.Conn.SetDeadline(time.Now())
}

func (l *lastLook) expired() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// SetReadDeadline gives no more time than there is.
func (l *lastLook) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	return l.Conn.SetReadDeadline(t)
}

// Read reads as a connection does; once the time is over, it does not wait.
func (l *lastLook) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	if timedOut(err) && l.expired() {
		return l.readNow(p)
	}
	return n, err
}
